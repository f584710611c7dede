# OpenCMC. On a fresh machine: `make demo` shows it, `make test` proves it.
.DEFAULT_GOAL := help
SHELL := /bin/sh
RUN := .venv/bin
HOME_DIR ?= home
PORT ?= 8000
# Two processes: the suite is bound by one browser and one query engine.
WORKERS ?= 2

.PHONY: help install demo test check fix bench lock clean

help: ## 列出可用的目标
	@awk -F':.*## ' '/^[a-z-]+:.*## / {printf "  make %-9s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

install: .venv/.runtime ## 安装到 .venv，之后可用 .venv/bin/opencmc

.venv/.runtime: requirements.lock tools/install tools/uv.lock.txt
	@test -e .venv/.tests || tools/install requirements.lock
	@touch $@

.venv/.tests: requirements-dev.lock tools/install tools/uv.lock.txt
	@tools/install requirements-dev.lock
	@touch $@ .venv/.runtime

demo: install ## 造演示县、计算、打开网页
	@tools/system-packages
	$(RUN)/opencmc demo --home $(HOME_DIR) --port $(PORT)

test: .venv/.tests ## 安装测试所需并运行全部测试
	@tools/system-packages --tests
	$(RUN)/python -m pytest -n $(WORKERS) --dist loadgroup
	$(RUN)/python tools/with_postgres.py $(RUN)/python -m pytest -q -n $(WORKERS) --dist loadgroup

check: .venv/.tests ## 格式、静态检查、类型、架构、政策包、生成的文档；不改动任何文件
	$(RUN)/ruff format --check
	$(RUN)/ruff check
	$(RUN)/mypy
	$(RUN)/lint-imports
	$(RUN)/opencmc pack check
	$(RUN)/python -m pytest -q tests/architecture tests/docs

fix: .venv/.tests ## 改正能自动改正的，并重新生成文档
	$(RUN)/ruff check --fix
	$(RUN)/ruff format
	$(RUN)/python tools/generate_docs.py
	$(RUN)/python tools/generate_openapi.py

bench: .venv/.tests ## 测速，写入 docs/benchmarks.md
	$(RUN)/python benchmarks/run.py

lock: ## 重新锁定依赖
	uv pip compile pyproject.toml --group build --universal --generate-hashes --python-version 3.12 --no-header --quiet --upgrade -o requirements.lock
	uv pip compile pyproject.toml --group build --group dev --extra spark --universal --generate-hashes --python-version 3.12 --no-header --quiet --upgrade -o requirements-dev.lock

clean: ## 删除演示数据
	rm -rf $(HOME_DIR)
