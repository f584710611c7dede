"""Users that were there before get the row beside them, with the initials that the list of accounts searches."""

from django.db import migrations

from opencmc.apps.accounts.names import initials_of


def fill(apps, schema_editor):
    user = apps.get_model("auth", "User")
    account = apps.get_model("accounts", "Account")
    account.objects.bulk_create(
        [account(user_id=row.pk, initials=initials_of(row.first_name)) for row in user.objects.filter(account=None)],
        batch_size=500,
    )


class Migration(migrations.Migration):

    dependencies = [("accounts", "0004_signing_in_and_machines")]

    operations = [migrations.RunPython(fill, migrations.RunPython.noop)]
