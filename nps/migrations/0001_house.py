
import datetime
import django.contrib.auth.models
import django.contrib.auth.validators
import django.core.validators
import django.db.models.deletion
import django.db.models.functions.text
import django.utils.timezone
import nps.desk.models.keys
import nps.desk.models.shifts
import nps.desk.zones
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    # What a database of before the first release went through, step by step.
    replaces = [
        ("nps", "0001_initial"),
        ("nps", "0002_bounds"),
        ("nps", "0003_column_maps"),
        ("nps", "0004_failed_receivers"),
        ("nps", "0005_about"),
        ("nps", "0006_imported_answers"),
        ("nps", "0007_first_try"),
        ("nps", "0008_held_deliveries"),
        ("nps", "0009_personal_settings"),
        ("nps", "0010_benchmarks"),
    ]

    initial = True

    dependencies = [
        ('auth', '0012_alter_user_first_name_max_length'),
    ]

    operations = [
        migrations.CreateModel(
            name='ColumnMap',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=80, unique=True)),
                ('kind', models.CharField(help_text='What its lines are: customers, tickets or answers.', max_length=20)),
                ('spec', models.JSONField(help_text='Which column becomes which field; see docs/importing.md.', verbose_name='map')),
                ('note', models.CharField(blank=True, default='', max_length=200)),
                ('changed_at', models.DateTimeField()),
            ],
            options={
                'verbose_name': 'column map',
            },
        ),
        migrations.CreateModel(
            name='Heartbeat',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=60, unique=True)),
                ('at', models.DateTimeField()),
                ('pid', models.PositiveIntegerField(default=0)),
                ('detail', models.CharField(blank=True, default='', max_length=200)),
            ],
        ),
        migrations.CreateModel(
            name='Product',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=120, unique=True)),
                ('slug', models.SlugField(max_length=120, unique=True)),
                ('is_active', models.BooleanField(default=True)),
            ],
        ),
        migrations.CreateModel(
            name='ReceiverFailure',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('receiver', models.CharField(max_length=200, unique=True)),
                ('times', models.PositiveIntegerField(default=0)),
                ('first_at', models.DateTimeField()),
                ('last_at', models.DateTimeField()),
                ('error', models.CharField(help_text='The last one: its kind and the first line of what it says.', max_length=300)),
                ('seen_at', models.DateTimeField(blank=True, null=True)),
            ],
            options={
                'verbose_name': 'failed receiver',
            },
        ),
        migrations.CreateModel(
            name='Survey',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=120, unique=True)),
                ('slug', models.SlugField(max_length=120, unique=True)),
                ('is_active', models.BooleanField(default=True)),
                ('is_default', models.BooleanField(default=False, help_text='Asked where no other survey is meant for the team.')),
                ('delay_minutes', models.PositiveIntegerField(default=0, help_text='From the resolution to the mail.', validators=[django.core.validators.MaxValueValidator(525600, 'At most 525600 minutes, which is a year.')])),
                ('reminder_days', models.PositiveSmallIntegerField(blank=True, help_text='Days without an answer before one reminder; empty means none.', null=True, validators=[django.core.validators.MaxValueValidator(365, 'At most 365 days.')])),
                ('quiet_days', models.PositiveSmallIntegerField(default=0, help_text='Days in which one person is asked at most once; 0 means every resolution asks.', validators=[django.core.validators.MaxValueValidator(3650, 'At most 3650 days.')])),
                ('sample_percent', models.PositiveSmallIntegerField(default=100, help_text='Share of resolutions that are asked.', validators=[django.core.validators.MaxValueValidator(100, 'At most 100 percent.')])),
                ('link_days', models.PositiveSmallIntegerField(default=90, help_text='Days until the link stops working.', validators=[django.core.validators.MinValueValidator(1, 'At least 1 day.'), django.core.validators.MaxValueValidator(3650, 'At most 3650 days.')])),
                ('version', models.PositiveIntegerField(default=1, editable=False)),
            ],
        ),
        migrations.CreateModel(
            name='Tag',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=60, unique=True)),
            ],
        ),
        migrations.CreateModel(
            name='Team',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=80, unique=True)),
                ('slug', models.SlugField(max_length=80, unique=True)),
                ('time_zone', models.CharField(default='UTC', max_length=60, validators=[nps.desk.zones.validate_zone])),
                ('follows_sun', models.BooleanField(default=False, help_text='Works around the clock: every hour is a working hour.')),
                ('is_active', models.BooleanField(default=True)),
            ],
        ),
        migrations.CreateModel(
            name='Topic',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('slug', models.SlugField(max_length=60, unique=True)),
                ('labels', models.JSONField(default=dict, help_text='By language, such as {"en": "It took too long"}; en is required.')),
                ('driver', models.CharField(choices=[('competence', 'Competence'), ('promptness', 'Promptness'), ('courtesy', 'Courtesy'), ('product', 'Product'), ('price', 'Price'), ('other', 'Other')], max_length=12)),
                ('position', models.PositiveSmallIntegerField(default=0)),
                ('is_last', models.BooleanField(default=False, help_text='Always shown at the end, such as “Something else”.')),
                ('is_active', models.BooleanField(default=True)),
            ],
        ),
        migrations.CreateModel(
            name='User',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('password', models.CharField(max_length=128, verbose_name='password')),
                ('last_login', models.DateTimeField(blank=True, null=True, verbose_name='last login')),
                ('is_superuser', models.BooleanField(default=False, help_text='Designates that this user has all permissions without explicitly assigning them.', verbose_name='superuser status')),
                ('username', models.CharField(error_messages={'unique': 'A user with that username already exists.'}, help_text='Required. 150 characters or fewer. Letters, digits and @/./+/-/_ only.', max_length=150, unique=True, validators=[django.contrib.auth.validators.UnicodeUsernameValidator()], verbose_name='username')),
                ('first_name', models.CharField(blank=True, max_length=150, verbose_name='first name')),
                ('last_name', models.CharField(blank=True, max_length=150, verbose_name='last name')),
                ('email', models.EmailField(blank=True, max_length=254, verbose_name='email address')),
                ('is_staff', models.BooleanField(default=False, help_text='Designates whether the user can log into this admin site.', verbose_name='staff status')),
                ('is_active', models.BooleanField(default=True, help_text='Designates whether this user should be treated as active. Unselect this instead of deleting accounts.', verbose_name='active')),
                ('date_joined', models.DateTimeField(default=django.utils.timezone.now, verbose_name='date joined')),
                ('time_zone', models.CharField(default='UTC', max_length=60, validators=[nps.desk.zones.validate_zone])),
                ('languages', models.JSONField(blank=True, default=list, help_text='Codes this person works in, such as ["en", "nb"].')),
                ('phone', models.CharField(blank=True, default='', max_length=40)),
                ('theme', models.CharField(blank=True, choices=[('', 'As the system'), ('light', 'Light'), ('dark', 'Dark')], default='', max_length=5)),
                ('uses_keys', models.BooleanField(default=True, help_text='J, K, 1 and so on act on the page; off, only buttons do.', verbose_name='single-letter keys')),
                ('stays_on_task', models.BooleanField(default=False, help_text='After an act the same task stays open, instead of the next.')),
                ('is_qualified', models.BooleanField(default=True, help_text='A qualified representative: their first reply is a first contact, triage is not.')),
                ('groups', models.ManyToManyField(blank=True, help_text='The groups this user belongs to. A user will get all permissions granted to each of their groups.', related_name='user_set', related_query_name='user', to='auth.group', verbose_name='groups')),
                ('user_permissions', models.ManyToManyField(blank=True, help_text='Specific permissions for this user.', related_name='user_set', related_query_name='user', to='auth.permission', verbose_name='user permissions')),
            ],
            options={
                'verbose_name': 'user',
                'verbose_name_plural': 'users',
                'abstract': False,
            },
            managers=[
                ('objects', django.contrib.auth.models.UserManager()),
            ],
        ),
        migrations.CreateModel(
            name='Account',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=200)),
                ('external_id', models.CharField(blank=True, default='', max_length=120)),
                ('is_key', models.BooleanField(default=False, verbose_name='key account')),
                ('plan', models.CharField(blank=True, default='', max_length=80)),
                ('since_on', models.DateField(blank=True, null=True, verbose_name='customer since')),
                ('renewal_on', models.DateField(blank=True, null=True)),
                ('created_at', models.DateTimeField()),
            ],
            options={
                'constraints': [models.UniqueConstraint(condition=models.Q(('external_id', ''), _negated=True), fields=('external_id',), name='account_external_id_once')],
            },
        ),
        migrations.CreateModel(
            name='ApiKey',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=80)),
                ('prefix', models.CharField(editable=False, max_length=12)),
                ('hashed', models.CharField(editable=False, max_length=64, unique=True)),
                ('scopes', models.JSONField(default=list, validators=[nps.desk.models.keys.validate_scopes])),
                ('created_at', models.DateTimeField()),
                ('expires_at', models.DateTimeField(blank=True, null=True)),
                ('revoked_at', models.DateTimeField(blank=True, null=True)),
                ('last_used_at', models.DateTimeField(blank=True, null=True)),
                ('created_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'verbose_name': 'API key',
            },
        ),
        migrations.CreateModel(
            name='Benchmark',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('figure', models.CharField(choices=[('nps', 'NPS'), ('fcr_gross', 'First contact resolution, gross (%)'), ('fcr_net', 'First contact resolution, net (%)')], max_length=10)),
                ('kind', models.CharField(choices=[('benchmark', 'Benchmark from outside'), ('level', 'Our own optimal level')], default='benchmark', max_length=10)),
                ('value', models.DecimalField(decimal_places=1, help_text='An NPS is −100 to 100, a share 0 to 100 per cent.', max_digits=4)),
                ('source', models.CharField(help_text='Who says so, such as a study and its page.', max_length=200)),
                ('on', models.DateField(help_text='The day of the source. The latest day that has come counts.', verbose_name='as of')),
                ('added_at', models.DateTimeField(editable=False)),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('figure', 'kind', 'on'), name='benchmark_once_a_day', violation_error_message='There is one of this day already.'), models.CheckConstraint(condition=models.Q(models.Q(('figure', 'nps'), ('value__gte', -100), ('value__lte', 100)), models.Q(models.Q(('figure', 'nps'), _negated=True), ('value__gte', 0), ('value__lte', 100)), _connector='OR'), name='benchmark_value', violation_error_message='An NPS is −100 to 100, a share 0 to 100 per cent.'), models.CheckConstraint(condition=models.Q(('source', ''), _negated=True), name='benchmark_source')],
            },
        ),
        migrations.CreateModel(
            name='Customer',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=200)),
                ('email', models.EmailField(blank=True, default='', max_length=254)),
                ('phone', models.CharField(blank=True, default='', max_length=40)),
                ('language', models.CharField(default='en', max_length=10)),
                ('time_zone', models.CharField(default='UTC', max_length=60, validators=[nps.desk.zones.validate_zone])),
                ('preferred_contact', models.CharField(blank=True, choices=[('', 'No preference'), ('phone', 'Phone'), ('email', 'E-mail')], default='', max_length=5)),
                ('external_id', models.CharField(blank=True, default='', max_length=120)),
                ('is_internal', models.BooleanField(default=False, help_text='A colleague: tickets are answered, never surveyed.')),
                ('created_at', models.DateTimeField()),
                ('account', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='customers', to='nps.account')),
            ],
        ),
        migrations.CreateModel(
            name='Delivery',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('purpose', models.CharField(max_length=40)),
                ('subject_id', models.BigIntegerField(help_text='The row this message is about; its purpose says of which kind.')),
                ('key', models.CharField(blank=True, default='', help_text='Tells repeated messages of one purpose apart.', max_length=60)),
                ('recipient', models.EmailField(max_length=254)),
                ('priority', models.SmallIntegerField(default=0, help_text='Higher leaves first.')),
                ('due_at', models.DateTimeField()),
                ('status', models.CharField(choices=[('queued', 'Queued'), ('sending', 'Sending'), ('sent', 'Sent'), ('bounced', 'Bounced'), ('dead', 'Not sent'), ('cancelled', 'No longer wanted'), ('held', 'Held back')], default='queued', max_length=10)),
                ('lease_until', models.DateTimeField(blank=True, null=True)),
                ('lease_token', models.UUIDField(blank=True, null=True)),
                ('attempts', models.PositiveSmallIntegerField(default=0)),
                ('lost_connections', models.PositiveSmallIntegerField(default=0)),
                ('message_id', models.CharField(max_length=120, unique=True)),
                ('last_error', models.TextField(blank=True, default='')),
                ('created_at', models.DateTimeField()),
                ('first_tried_at', models.DateTimeField(blank=True, help_text='It is given up three days after this. Sending it again begins anew.', null=True)),
                ('settled_at', models.DateTimeField(blank=True, null=True)),
            ],
            options={
                'verbose_name_plural': 'deliveries',
                'indexes': [models.Index(models.OrderBy(models.F('priority'), descending=True), models.F('due_at'), condition=models.Q(('status', 'queued')), name='delivery_due'), models.Index(models.F('lease_until'), condition=models.Q(('status', 'sending')), name='delivery_leased'), models.Index(models.F('settled_at'), condition=models.Q(('status', 'dead')), name='delivery_dead'), models.Index(models.F('settled_at'), condition=models.Q(('status', 'held')), name='delivery_held')],
                'constraints': [models.UniqueConstraint(fields=('purpose', 'subject_id', 'key'), name='delivery_once'), models.CheckConstraint(condition=models.Q(models.Q(('status', 'sending'), _negated=True), models.Q(('lease_token__isnull', False), ('lease_until__isnull', False)), _connector='OR'), name='delivery_sending_has_lease'), models.CheckConstraint(condition=models.Q(models.Q(('settled_at__isnull', True), ('status__in', ['queued', 'sending'])), models.Q(models.Q(('status__in', ['queued', 'sending']), _negated=True), ('settled_at__isnull', False)), _connector='OR'), name='delivery_settled_at')],
            },
        ),
        migrations.CreateModel(
            name='Invitation',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('via', models.CharField(choices=[('email', 'E-mail'), ('link', 'Link'), ('site', 'Support site'), ('chat', 'Chat'), ('phone', 'Phone'), ('api', 'API'), ('import', 'Import')], default='email', max_length=6)),
                ('language', models.CharField(default='en', max_length=10)),
                ('address', models.EmailField(blank=True, default='', max_length=254)),
                ('created_at', models.DateTimeField()),
                ('expires_at', models.DateTimeField()),
                ('delivered_at', models.DateTimeField(blank=True, null=True)),
                ('bounced_at', models.DateTimeField(blank=True, null=True)),
                ('failed_at', models.DateTimeField(blank=True, null=True, verbose_name='not sent at')),
                ('cancelled_at', models.DateTimeField(blank=True, null=True)),
                ('opened_at', models.DateTimeField(blank=True, null=True)),
                ('reminded_at', models.DateTimeField(blank=True, null=True)),
                ('source', models.CharField(blank=True, default='', help_text='The system in which it was answered, if not in this one.', max_length=40)),
                ('external_id', models.CharField(blank=True, default='', help_text="The answer's id there.", max_length=120)),
                ('customer', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='invitations', to='nps.customer')),
            ],
        ),
        migrations.CreateModel(
            name='Click',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('at', models.DateTimeField()),
                ('score', models.PositiveSmallIntegerField(blank=True, null=True)),
                ('is_hidden_link', models.BooleanField(default=False, help_text='The link no person can see was followed.')),
                ('is_scanner', models.BooleanField(default=False, help_text="Judged to be a mail scanner's.")),
                ('user_agent', models.CharField(blank=True, default='', max_length=200)),
                ('invitation', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='clicks', to='nps.invitation')),
            ],
        ),
        migrations.CreateModel(
            name='Resolution',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('number', models.PositiveIntegerField()),
                ('resolved_at', models.DateTimeField()),
                ('channel', models.CharField(choices=[('email', 'E-mail'), ('phone', 'Phone'), ('chat', 'Chat'), ('web', 'Web'), ('api', 'API')], max_length=10)),
                ('shift_name', models.CharField(blank=True, default='', max_length=40)),
                ('contacts', models.PositiveIntegerField(default=0)),
                ('handovers', models.PositiveIntegerField(default=0)),
                ('is_first_contact', models.BooleanField(default=False, help_text='Solved within the first contact with a qualified representative.')),
                ('first_contact_exception', models.CharField(blank=True, default='', max_length=200)),
                ('acceptance', models.CharField(choices=[('pending', 'Pending'), ('accepted', 'Accepted by the customer'), ('assumed', 'Assumed (nothing heard for 7 days)')], default='pending', max_length=10)),
                ('accepted_at', models.DateTimeField(blank=True, null=True)),
                ('reopened_at', models.DateTimeField(blank=True, null=True)),
                ('reopen_reason', models.CharField(blank=True, default='', max_length=500)),
                ('account', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='nps.account')),
                ('agent', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('customer', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='resolutions', to='nps.customer')),
                ('product', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='nps.product')),
                ('resolved_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('team', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='nps.team')),
            ],
        ),
        migrations.AddField(
            model_name='invitation',
            name='resolution',
            field=models.OneToOneField(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='invitation', to='nps.resolution'),
        ),
        migrations.CreateModel(
            name='Response',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('score', models.PositiveSmallIntegerField()),
                ('comment', models.TextField(blank=True, default='')),
                ('contact_choice', models.CharField(blank=True, choices=[('', 'Not said'), ('phone', 'Asked to be called'), ('email', 'Asked for e-mail'), ('no', 'No contact wanted')], default='', max_length=5)),
                ('language', models.CharField(default='en', max_length=10)),
                ('origin', models.CharField(choices=[('human', 'Sent by the customer'), ('phone', 'Taken by phone'), ('api', 'API'), ('imported', 'Imported')], max_length=8)),
                ('nonce', models.CharField(blank=True, default='', help_text='Of the page load that sent it.', max_length=40)),
                ('is_history', models.BooleanField(default=False)),
                ('about', models.CharField(blank=True, choices=[('', 'Not found yet'), ('agent', 'The agent'), ('handover', 'Hand-over between agents'), ('process', 'How we work'), ('product', 'The product'), ('price', 'The price'), ('customer', 'The customer’s side'), ('not_given', 'Not given by the customer')], default='', help_text='What it was found to be about. Figures show it apart; the score counts as it was given.', max_length=9)),
                ('answered_at', models.DateTimeField()),
                ('reasoned_at', models.DateTimeField(blank=True, null=True)),
                ('editable_until', models.DateTimeField()),
                ('channel', models.CharField(blank=True, choices=[('email', 'E-mail'), ('phone', 'Phone'), ('chat', 'Chat'), ('web', 'Web'), ('api', 'API')], default='', max_length=10)),
                ('shift_name', models.CharField(blank=True, default='', max_length=40)),
                ('account', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='nps.account')),
                ('agent', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('customer', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='responses', to='nps.customer')),
                ('invitation', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='response', to='nps.invitation')),
                ('product', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='nps.product')),
                ('resolution', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='nps.resolution')),
                ('taken_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('survey', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='nps.survey')),
                ('team', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='nps.team')),
                ('topics', models.ManyToManyField(blank=True, related_name='responses', to='nps.topic')),
            ],
        ),
        migrations.CreateModel(
            name='ResponseRevision',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('at', models.DateTimeField()),
                ('old_score', models.PositiveSmallIntegerField()),
                ('new_score', models.PositiveSmallIntegerField()),
                ('old_comment', models.TextField(blank=True, default='')),
                ('new_comment', models.TextField(blank=True, default='')),
                ('nonce', models.CharField(blank=True, default='', max_length=40)),
                ('by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('response', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='revisions', to='nps.response')),
            ],
        ),
        migrations.CreateModel(
            name='Shift',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(help_text='Such as Day, Evening, Night.', max_length=40)),
                ('weekdays', models.JSONField(default=list, help_text='0 is Monday, 6 is Sunday.', validators=[nps.desk.models.shifts.validate_weekdays])),
                ('starts', models.TimeField(help_text='Local time in the zone below.')),
                ('ends', models.TimeField(help_text='At or before the start means the next day.')),
                ('time_zone', models.CharField(max_length=60, validators=[nps.desk.zones.validate_zone])),
                ('valid_from', models.DateField(blank=True, null=True)),
                ('valid_to', models.DateField(blank=True, null=True)),
                ('user', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='shifts', to=settings.AUTH_USER_MODEL)),
            ],
        ),
        migrations.CreateModel(
            name='Suppression',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('address', models.EmailField(help_text='Lower case.', max_length=254)),
                ('reason', models.CharField(choices=[('unsubscribed', 'Asked not to be asked'), ('bounced', 'Address does not exist'), ('complaint', 'Complaint'), ('staff', 'Set by staff')], max_length=12)),
                ('at', models.DateTimeField()),
                ('lifted_at', models.DateTimeField(blank=True, null=True)),
            ],
            options={
                'constraints': [models.UniqueConstraint(condition=models.Q(('lifted_at__isnull', True)), fields=('address',), name='suppression_once')],
            },
        ),
        migrations.AddField(
            model_name='invitation',
            name='survey',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='invitations', to='nps.survey'),
        ),
        migrations.CreateModel(
            name='SurveyDecision',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('outcome', models.CharField(choices=[('invited', 'Invited'), ('skipped', 'Skipped')], max_length=8)),
                ('reason', models.CharField(blank=True, choices=[('', '—'), ('opted_out', 'Opted out'), ('no_address', 'No address'), ('quiet_period', 'Quiet period'), ('sampled_out', 'Sampled out'), ('internal', 'Internal'), ('duplicate', 'Merged or duplicate ticket'), ('inactive', 'Survey inactive'), ('history', 'History import')], default='', max_length=20)),
                ('decided_at', models.DateTimeField()),
                ('resolution', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='decision', to='nps.resolution')),
                ('survey', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='nps.survey')),
            ],
        ),
        migrations.CreateModel(
            name='SurveyWording',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('language', models.CharField(max_length=10)),
                ('question', models.CharField(blank=True, default='', max_length=300)),
                ('why_low', models.CharField(blank=True, default='', max_length=200, verbose_name='question after 0–8')),
                ('why_high', models.CharField(blank=True, default='', max_length=200, verbose_name='question after 9–10')),
                ('survey', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='wordings', to='nps.survey')),
            ],
        ),
        migrations.AddField(
            model_name='survey',
            name='teams',
            field=models.ManyToManyField(blank=True, related_name='surveys', to='nps.team'),
        ),
        migrations.CreateModel(
            name='Membership',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('is_lead', models.BooleanField(default=False)),
                ('takes_outreach', models.BooleanField(default=True, help_text='May be given calls back to customers of this team.')),
                ('user', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='memberships', to=settings.AUTH_USER_MODEL)),
                ('team', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='memberships', to='nps.team')),
            ],
        ),
        migrations.CreateModel(
            name='Holiday',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('on', models.DateField()),
                ('name', models.CharField(max_length=80)),
                ('team', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='holidays', to='nps.team')),
            ],
        ),
        migrations.AddField(
            model_name='user',
            name='teams',
            field=models.ManyToManyField(related_name='members', through='nps.Membership', to='nps.team'),
        ),
        migrations.CreateModel(
            name='Ticket',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('source', models.CharField(default='desk', help_text='The system that the external id belongs to.', max_length=40)),
                ('external_id', models.CharField(blank=True, default='', max_length=120)),
                ('subject', models.CharField(max_length=300)),
                ('channel', models.CharField(choices=[('email', 'E-mail'), ('phone', 'Phone'), ('chat', 'Chat'), ('web', 'Web'), ('api', 'API')], default='email', max_length=10)),
                ('status', models.CharField(choices=[('open', 'Open'), ('waiting', 'Waiting on customer'), ('resolved', 'Resolved'), ('closed', 'Closed')], default='open', max_length=10)),
                ('is_duplicate', models.BooleanField(default=False, help_text='Merged into another ticket: resolving it asks nobody.')),
                ('opened_at', models.DateTimeField()),
                ('updated_at', models.DateTimeField()),
                ('resolved_at', models.DateTimeField(blank=True, null=True)),
                ('contacts', models.PositiveIntegerField(default=0, help_text='Conversations with the customer so far.')),
                ('handovers', models.PositiveIntegerField(default=0, help_text='Times it passed to another person or team.')),
                ('resolutions_made', models.PositiveIntegerField(default=0)),
                ('version', models.PositiveIntegerField(default=1)),
                ('assignee', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='tickets', to=settings.AUTH_USER_MODEL)),
                ('customer', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='tickets', to='nps.customer')),
                ('product', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='tickets', to='nps.product')),
                ('tags', models.ManyToManyField(blank=True, related_name='tickets', to='nps.tag')),
                ('team', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='tickets', to='nps.team')),
            ],
        ),
        migrations.AddField(
            model_name='resolution',
            name='ticket',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='resolutions', to='nps.ticket'),
        ),
        migrations.CreateModel(
            name='Message',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(choices=[('customer', 'From the customer'), ('triage', 'Triage'), ('answer', 'Answer'), ('information_request', 'Request for information'), ('voicemail', 'Voicemail left'), ('note', 'Internal note'), ('event', 'Event')], max_length=20)),
                ('is_qualified', models.BooleanField(default=False, help_text='The author was a qualified representative.')),
                ('body', models.TextField(blank=True)),
                ('external_id', models.CharField(blank=True, default='', max_length=120)),
                ('created_at', models.DateTimeField()),
                ('author', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('ticket', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='messages', to='nps.ticket')),
            ],
        ),
        migrations.CreateModel(
            name='WorkingHours',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('weekday', models.PositiveSmallIntegerField(choices=[(0, 'Monday'), (1, 'Tuesday'), (2, 'Wednesday'), (3, 'Thursday'), (4, 'Friday'), (5, 'Saturday'), (6, 'Sunday')])),
                ('starts', models.TimeField()),
                ('ends', models.TimeField(help_text='00:00 means midnight at the end of the day.')),
                ('team', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='hours', to='nps.team')),
            ],
            options={
                'verbose_name_plural': 'working hours',
            },
        ),
        migrations.CreateModel(
            name='Absence',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('starts_at', models.DateTimeField()),
                ('ends_at', models.DateTimeField()),
                ('reason', models.CharField(blank=True, default='', max_length=120)),
                ('user', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='absences', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'constraints': [models.CheckConstraint(condition=models.Q(('ends_at__gt', models.F('starts_at'))), name='absence_end_after_start')],
            },
        ),
        migrations.AddConstraint(
            model_name='customer',
            constraint=models.UniqueConstraint(condition=models.Q(('external_id', ''), _negated=True), fields=('external_id',), name='customer_external_id_once'),
        ),
        migrations.AddConstraint(
            model_name='customer',
            constraint=models.UniqueConstraint(django.db.models.functions.text.Lower('email'), condition=models.Q(('email', ''), _negated=True), name='customer_email_once'),
        ),
        migrations.AddIndex(
            model_name='click',
            index=models.Index(fields=['invitation', 'at'], name='click_of_invitation'),
        ),
        migrations.AddConstraint(
            model_name='click',
            constraint=models.CheckConstraint(condition=models.Q(('score__isnull', True), ('score__lte', 10), _connector='OR'), name='click_score'),
        ),
        migrations.AddConstraint(
            model_name='responserevision',
            constraint=models.CheckConstraint(condition=models.Q(('new_score__lte', 10), ('old_score__lte', 10)), name='revision_score'),
        ),
        migrations.AddConstraint(
            model_name='responserevision',
            constraint=models.UniqueConstraint(condition=models.Q(('nonce', ''), _negated=True), fields=('response', 'nonce'), name='revision_once'),
        ),
        migrations.AddConstraint(
            model_name='shift',
            constraint=models.CheckConstraint(condition=models.Q(('valid_from__isnull', True), ('valid_to__isnull', True), ('valid_to__gte', models.F('valid_from')), _connector='OR'), name='shift_valid_range'),
        ),
        migrations.AddIndex(
            model_name='invitation',
            index=models.Index(fields=['customer', '-created_at'], name='invitation_of_customer'),
        ),
        migrations.AddIndex(
            model_name='invitation',
            index=models.Index(fields=['-created_at'], name='invitation_by_time'),
        ),
        migrations.AddConstraint(
            model_name='invitation',
            constraint=models.UniqueConstraint(condition=models.Q(('external_id', ''), _negated=True), fields=('source', 'external_id'), name='invitation_external_id_once'),
        ),
        migrations.AddIndex(
            model_name='surveydecision',
            index=models.Index(fields=['-decided_at'], name='decision_by_time'),
        ),
        migrations.AddConstraint(
            model_name='surveydecision',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('outcome', 'invited'), ('reason', ''), ('survey__isnull', False)), models.Q(('outcome', 'skipped'), models.Q(('reason', ''), _negated=True)), _connector='OR'), name='decision_reason'),
        ),
        migrations.AddConstraint(
            model_name='surveywording',
            constraint=models.UniqueConstraint(fields=('survey', 'language'), name='wording_once'),
        ),
        migrations.AddConstraint(
            model_name='survey',
            constraint=models.CheckConstraint(condition=models.Q(('sample_percent__lte', 100)), name='survey_sample_percent', violation_error_message='The share is at most 100 percent.'),
        ),
        migrations.AddConstraint(
            model_name='survey',
            constraint=models.CheckConstraint(condition=models.Q(('link_days__gte', 1), ('link_days__lte', 3650)), name='survey_link_days', violation_error_message='A link works for 1 to 3650 days.'),
        ),
        migrations.AddConstraint(
            model_name='survey',
            constraint=models.CheckConstraint(condition=models.Q(('delay_minutes__lte', 525600)), name='survey_delay_minutes', violation_error_message='The mail leaves at most 525600 minutes, a year, after.'),
        ),
        migrations.AddConstraint(
            model_name='survey',
            constraint=models.CheckConstraint(condition=models.Q(('reminder_days__isnull', True), ('reminder_days__lte', 365), _connector='OR'), name='survey_reminder_days', violation_error_message='The reminder leaves after at most 365 days.'),
        ),
        migrations.AddConstraint(
            model_name='survey',
            constraint=models.CheckConstraint(condition=models.Q(('quiet_days__lte', 3650)), name='survey_quiet_days', violation_error_message='The quiet time is at most 3650 days.'),
        ),
        migrations.AddConstraint(
            model_name='survey',
            constraint=models.UniqueConstraint(condition=models.Q(('is_default', True)), fields=('is_default',), name='survey_one_default'),
        ),
        migrations.AddConstraint(
            model_name='membership',
            constraint=models.UniqueConstraint(fields=('user', 'team'), name='membership_once'),
        ),
        migrations.AddConstraint(
            model_name='holiday',
            constraint=models.UniqueConstraint(fields=('team', 'on'), name='holiday_once'),
        ),
        migrations.AddIndex(
            model_name='ticket',
            index=models.Index(fields=['team', 'status', '-updated_at'], name='ticket_team_list'),
        ),
        migrations.AddIndex(
            model_name='ticket',
            index=models.Index(fields=['assignee', 'status', '-updated_at'], name='ticket_assignee_list'),
        ),
        migrations.AddIndex(
            model_name='ticket',
            index=models.Index(fields=['status', '-updated_at'], name='ticket_list'),
        ),
        migrations.AddIndex(
            model_name='ticket',
            index=models.Index(fields=['customer', '-opened_at'], name='ticket_customer_list'),
        ),
        migrations.AddConstraint(
            model_name='ticket',
            constraint=models.UniqueConstraint(condition=models.Q(('external_id', ''), _negated=True), fields=('source', 'external_id'), name='ticket_external_id_once'),
        ),
        migrations.AddConstraint(
            model_name='ticket',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('resolved_at__isnull', True), ('status__in', ['open', 'waiting'])), models.Q(('resolved_at__isnull', False), ('status__in', ['resolved', 'closed'])), _connector='OR'), name='ticket_resolved_at'),
        ),
        migrations.AddIndex(
            model_name='resolution',
            index=models.Index(fields=['-resolved_at'], name='resolution_by_time'),
        ),
        migrations.AddIndex(
            model_name='resolution',
            index=models.Index(condition=models.Q(('acceptance', 'pending'), ('reopened_at__isnull', True)), fields=['resolved_at'], name='resolution_pending'),
        ),
        migrations.AddConstraint(
            model_name='resolution',
            constraint=models.UniqueConstraint(fields=('ticket', 'number'), name='resolution_once'),
        ),
        migrations.AddConstraint(
            model_name='resolution',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('acceptance', 'pending'), ('accepted_at__isnull', True)), models.Q(('acceptance__in', ['accepted', 'assumed']), ('accepted_at__isnull', False)), _connector='OR'), name='resolution_accepted_at'),
        ),
        migrations.AddIndex(
            model_name='message',
            index=models.Index(fields=['ticket', 'created_at'], name='message_of_ticket'),
        ),
        migrations.AddConstraint(
            model_name='message',
            constraint=models.UniqueConstraint(condition=models.Q(('external_id', ''), _negated=True), fields=('ticket', 'external_id'), name='message_external_id_once'),
        ),
        migrations.AddIndex(
            model_name='response',
            index=models.Index(fields=['-answered_at'], name='response_by_time'),
        ),
        migrations.AddIndex(
            model_name='response',
            index=models.Index(fields=['customer', '-answered_at'], name='response_of_customer'),
        ),
        migrations.AddConstraint(
            model_name='response',
            constraint=models.CheckConstraint(condition=models.Q(('score__gte', 0), ('score__lte', 10)), name='response_score'),
        ),
        migrations.AddConstraint(
            model_name='workinghours',
            constraint=models.UniqueConstraint(fields=('team', 'weekday', 'starts'), name='working_hours_once'),
        ),
        migrations.AddConstraint(
            model_name='workinghours',
            constraint=models.CheckConstraint(condition=models.Q(('weekday__lte', 6)), name='working_hours_weekday'),
        ),
        migrations.AddConstraint(
            model_name='workinghours',
            constraint=models.CheckConstraint(condition=models.Q(('ends__gt', models.F('starts')), ('ends', datetime.time(0, 0)), _connector='OR'), name='working_hours_end_after_start'),
        ),
    ]
