"""The chain: a line's number becomes its place, every line is signed, and the heads of the lanes."""

import django.db.models
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [("audit", "0002_who_whose_why_and_from_where")]

    operations = [
        migrations.CreateModel(
            name="LaneHead",
            fields=[
                ("lane", models.PositiveSmallIntegerField(primary_key=True, serialize=False, verbose_name="链道")),
                ("serial", models.BigIntegerField(verbose_name="最后一行的序号")),
                ("digest", models.BinaryField(max_length=32, verbose_name="最后一行的摘要")),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(condition=models.Q(("lane__lte", 32)), name="audit_known_lane")
                ],
            },
        ),
        migrations.CreateModel(
            name="Verification",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("started", models.DateTimeField(verbose_name="开始")),
                ("actor", models.CharField(max_length=150, verbose_name="核验人")),
                ("share_done", models.FloatField(default=0, verbose_name="进度")),
                ("lines", models.BigIntegerField(default=0, verbose_name="核验行数")),
                ("whole", models.BooleanField(null=True, verbose_name="完整")),
                ("problems", models.PositiveIntegerField(default=0, verbose_name="问题数")),
                ("findings", models.JSONField(default=list, verbose_name="发现")),
            ],
            options={"ordering": ["-id"]},
        ),
        migrations.AlterModelOptions(name="auditline", options={"ordering": ["-at", "-id"]}),
        migrations.AlterField(
            model_name="auditline", name="id",
            field=models.BigIntegerField(primary_key=True, serialize=False, verbose_name="位置"),
        ),
        migrations.AlterField(
            model_name="auditline", name="at", field=models.DateTimeField(verbose_name="时间"),
        ),
        migrations.AlterField(
            model_name="auditline", name="resident_id",
            field=models.CharField(blank=True, max_length=60, verbose_name="居民"),
        ),
        migrations.AddField(
            model_name="auditline", name="version",
            field=models.PositiveSmallIntegerField(default=1, verbose_name="编码版本"),
        ),
        migrations.AddField(
            model_name="auditline", name="previous",
            field=models.BinaryField(default=b"", max_length=32, verbose_name="前一行的摘要"), preserve_default=False,
        ),
        migrations.AddField(
            model_name="auditline", name="digest",
            field=models.BinaryField(default=b"", max_length=32, verbose_name="摘要"), preserve_default=False,
        ),
        migrations.AddIndex(
            model_name="auditline", index=models.Index(fields=["at", "id"], name="audit_time"),
        ),
        migrations.AddIndex(
            model_name="auditline", index=models.Index(fields=["actor", "at", "id"], name="audit_actor"),
        ),
        migrations.AddIndex(
            model_name="auditline", index=models.Index(fields=["unit", "at", "id"], name="audit_unit"),
        ),
        migrations.AddIndex(
            model_name="auditline", index=models.Index(fields=["action", "at", "id"], name="audit_action"),
        ),
        migrations.AddIndex(
            model_name="auditline",
            index=models.Index(
                condition=django.db.models.Q(("resident_id", ""), _negated=True),
                fields=["resident_id", "at", "id"], name="audit_resident",
            ),
        ),
    ]
