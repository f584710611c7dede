"""The database itself refuses to change or remove lines."""

from django.db import migrations

from opencmc.apps.audit import engine


def install(apps, schema_editor):
    engine.make_append_only(schema_editor.connection)


def remove(apps, schema_editor):
    engine.allow_changes(schema_editor.connection)


class Migration(migrations.Migration):

    dependencies = [("audit", "0004_beginning")]

    operations = [migrations.RunPython(install, remove)]
