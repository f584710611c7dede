"""Triggers against double roles, the network's version, and attachments from the register of institutions."""

from datetime import date

from django.db import migrations

from opencmc.apps.network.constraints import install, remove


def attach(apps, schema_editor):
    institutions = apps.get_model("network", "Institution")
    attachments = apps.get_model("network", "Attachment")
    attachments.objects.bulk_create(
        [
            attachments(
                institution_id=row.institution_id,
                attached_to=row.attached_to,
                kind="clinic" if row.kind in ("village_clinic", "community_station") else "branch",
                start=date(1900, 1, 1),
            )
            for row in institutions.objects.exclude(attached_to="")
            if row.attached_to != row.institution_id
        ],
        batch_size=500,
    )


class Migration(migrations.Migration):
    dependencies = [("network", "0002_reorganisations_and_more")]
    operations = [
        migrations.RunPython(attach, migrations.RunPython.noop),
        migrations.RunPython(install, remove),
    ]
