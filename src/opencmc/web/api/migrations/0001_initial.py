from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = []

    operations = [
        migrations.CreateModel(
            name="KeptAnswer",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("digest", models.BinaryField(max_length=32, unique=True)),
                ("fingerprint", models.BinaryField(max_length=32)),
                ("status", models.PositiveSmallIntegerField(default=0)),
                ("body", models.TextField(default="")),
                ("etag", models.CharField(default="", max_length=40)),
                ("location", models.CharField(default="", max_length=200)),
                ("is_sealed", models.BooleanField(default=False)),
                ("at", models.DateTimeField(db_index=True)),
            ],
        ),
    ]
