"""Lines that were written before there was a chain are sealed as they stand, in a lane of their own (lane 0).

From here on a change of them is found; nothing can be said of the time before.
"""

from django.db import migrations

from opencmc.apps.audit import encoding, engine
from opencmc.apps.audit.trail import signer

CHUNK = 2000


def seal_the_beginning(apps, schema_editor):
    connection = schema_editor.connection
    serial, previous, after = 0, encoding.BEGINNING, 0
    mark = "%s"
    update = (
        f"UPDATE {engine.LINES} SET id = {mark}, version = {mark}, previous = {mark}, digest = {mark} WHERE id = {mark}"
    )
    while rows := engine.signed_rows(connection, after, encoding.place(1, 0) - 1, CHUNK):
        changes = []
        for number, _version, at, _previous, _digest, *texts in rows:
            serial += 1
            # Numbers become serials without a gap; they only get smaller, so none is taken.
            digest = signer().digest(previous, serial, encoding.VERSION, at, texts)
            changes.append((serial, encoding.VERSION, previous, digest, number))
            previous = digest
        with connection.cursor() as cursor:
            cursor.executemany(update, changes)
        after = rows[-1][0]
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {engine.HEADS} (lane, serial, digest) VALUES ({mark}, {mark}, {mark})",
            (encoding.FIRST_LAYOUT, serial, previous),
        )


class Migration(migrations.Migration):

    dependencies = [("audit", "0003_chain")]

    operations = [migrations.RunPython(seal_the_beginning, migrations.RunPython.noop)]
