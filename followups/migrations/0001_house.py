import django.core.validators
import django.db.models.deletion
from decimal import Decimal
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    # What a database of before the first release went through, step by step.
    replaces = [
        ("followups", "0001_initial"),
        ("followups", "0002_initial"),
        ("followups", "0003_bounds"),
        ("followups", "0004_hand_overs"),
        ("followups", "0005_confirmations"),
        ("followups", "0006_about_and_asking_again"),
        ("followups", "0007_notices"),
        ("followups", "0008_call_guides"),
        ("followups", "0009_letters"),
        ("followups", "0010_effects"),
    ]

    dependencies = [
        ('nps', '0001_house'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='CallGuide',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('band', models.CharField(choices=[('low', 'Score 0 to 6'), ('near', 'Score 7 and above')], max_length=4)),
                ('driver', models.CharField(blank=True, choices=[('competence', 'Competence'), ('promptness', 'Promptness'), ('courtesy', 'Courtesy'), ('product', 'Product'), ('price', 'Price'), ('other', 'Other')], default='', help_text='Of a topic the customer ticked; empty is the general guide.', max_length=12)),
                ('language', models.CharField(help_text='A code such as en; English stands in for what is not there.', max_length=10)),
                ('title_1', models.CharField(blank=True, default='', max_length=120, verbose_name='step 1')),
                ('words_1', models.CharField(blank=True, default='', max_length=400, verbose_name='what to say')),
                ('title_2', models.CharField(blank=True, default='', max_length=120, verbose_name='step 2')),
                ('words_2', models.CharField(blank=True, default='', max_length=400, verbose_name='what to say')),
                ('title_3', models.CharField(blank=True, default='', max_length=120, verbose_name='step 3')),
                ('words_3', models.CharField(blank=True, default='', max_length=400, verbose_name='what to say')),
                ('title_4', models.CharField(blank=True, default='', max_length=120, verbose_name='step 4')),
                ('words_4', models.CharField(blank=True, default='', max_length=400, verbose_name='what to say')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('band', 'driver', 'language'), name='callguide_once', violation_error_message='There is such a guide already; change that one.'), models.CheckConstraint(condition=models.Q(models.Q(('driver', ''), _negated=True), models.Q(('title_1', ''), ('title_2', ''), ('title_3', ''), ('title_4', ''), _connector='OR', _negated=True), _connector='OR'), name='callguide_whole', violation_error_message='The general guide needs a title for each of its four steps.')],
            },
        ),
        migrations.CreateModel(
            name='Digest',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('shift_starts_at', models.DateTimeField()),
                ('shift_ends_at', models.DateTimeField()),
                ('made_at', models.DateTimeField()),
                ('user', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='digests', to=settings.AUTH_USER_MODEL)),
            ],
        ),
        migrations.CreateModel(
            name='FollowUp',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('score', models.PositiveSmallIntegerField(help_text='As last given; every correction is kept with the answer.')),
                ('language', models.CharField(default='en', max_length=10)),
                ('status', models.CharField(choices=[('open', 'Nobody’s yet'), ('assigned', 'Assigned'), ('in_progress', 'In progress'), ('closed', 'Closed'), ('cancelled', 'Cancelled')], default='open', max_length=12)),
                ('version', models.PositiveIntegerField(default=1)),
                ('opened_at', models.DateTimeField()),
                ('first_contact_due_at', models.DateTimeField()),
                ('close_due_at', models.DateTimeField()),
                ('due_at', models.DateTimeField(help_text='The next thing to do is due; the queue is sorted by this.')),
                ('assigned_at', models.DateTimeField(blank=True, null=True)),
                ('acknowledged_at', models.DateTimeField(blank=True, null=True)),
                ('snoozed_until', models.DateTimeField(blank=True, null=True)),
                ('reached_at', models.DateTimeField(blank=True, null=True, verbose_name='first contact at')),
                ('closed_at', models.DateTimeField(blank=True, null=True)),
                ('attempts_made', models.PositiveIntegerField(default=0)),
                ('hand_overs', models.PositiveSmallIntegerField(default=0, help_text='Times it went on untouched at the end of a shift, since a person last gave it to somebody.')),
                ('escalation', models.PositiveSmallIntegerField(choices=[(0, '—'), (1, 'Due soon: agent told'), (2, 'Lead told'), (3, 'Manager told')], default=0)),
                ('is_repeat_detractor', models.BooleanField(default=False, help_text='A second score of 6 or below within 180 days.')),
                ('has_nobody_eligible', models.BooleanField(default=False, help_text='At the last look nobody could be given this.')),
                ('outcome', models.CharField(blank=True, choices=[('solved', 'Solved for the customer'), ('better', 'Better, work continues'), ('explained', 'Explained, cannot change it'), ('promised', 'Promise made'), ('escalated', 'Escalated'), ('no_contact', 'No contact wanted'), ('not_reached', 'Could not reach'), ('wrong_contact', 'Wrong contact'), ('not_given', 'Not given by the customer'), ('duplicate', 'Duplicate')], default='', max_length=14)),
                ('outcome_note', models.TextField(blank=True, default='')),
                ('second_asked_at', models.DateTimeField(blank=True, help_text='Since when “not given by the customer” waits for a second person; it is not closed before.', null=True, verbose_name='second person asked at')),
                ('lesson_kind', models.CharField(blank=True, choices=[('', '—'), ('new', 'New lesson'), ('known', 'Known lesson'), ('nothing_new', 'Nothing new')], default='', max_length=12)),
                ('about', models.CharField(blank=True, choices=[('', '—'), ('product', 'The product'), ('price', 'The price')], default='', help_text='Said by whoever works on it; the answer carries it, or what the root cause says.', max_length=7, verbose_name='said to be about')),
                ('about_at', models.DateTimeField(blank=True, null=True)),
                ('ask_again_on', models.DateField(blank=True, null=True)),
                ('not_asked_again', models.CharField(blank=True, choices=[('', '—'), ('opted_out', 'Opted out'), ('no_address', 'No address'), ('quiet_period', 'Quiet period'), ('sampled_out', 'Sampled out'), ('internal', 'Internal'), ('duplicate', 'Merged or duplicate ticket'), ('inactive', 'Survey inactive'), ('history', 'History import')], default='', max_length=20, verbose_name='why not asked again')),
                ('about_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('account', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='nps.account')),
                ('asked_again', models.OneToOneField(blank=True, help_text='The question of that day; its answer says whether it helped.', null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='nps.invitation')),
                ('assignee', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='followups', to=settings.AUTH_USER_MODEL)),
                ('closed_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('confirmed_by', models.ForeignKey(blank=True, help_text='The second person who confirms “not given by the customer”.', null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('customer', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='nps.customer')),
                ('rated_agent', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('response', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='nps.response')),
                ('team', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='nps.team')),
            ],
            options={
                'verbose_name': 'follow-up',
            },
        ),
        migrations.CreateModel(
            name='Attempt',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('via', models.CharField(choices=[('phone', 'Phone'), ('email', 'E-mail'), ('chat', 'Chat'), ('meeting', 'Meeting')], max_length=8, verbose_name='channel')),
                ('result', models.CharField(choices=[('no_answer', 'No answer'), ('voicemail', 'Voicemail'), ('emailed', 'E-mailed'), ('reached', 'Reached')], max_length=10, verbose_name='outcome')),
                ('at', models.DateTimeField()),
                ('note', models.TextField(blank=True, default='')),
                ('undone_at', models.DateTimeField(blank=True, null=True)),
                ('previous_due_at', models.DateTimeField()),
                ('previous_status', models.CharField(max_length=12)),
                ('by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('follow_up', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='attempts', to='followups.followup')),
            ],
        ),
        migrations.CreateModel(
            name='HeldNotice',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(choices=[('assigned', 'Given to you'), ('handed_over', 'Handed over to you'), ('reopened', 'Opened again'), ('due_soon', 'Due soon'), ('declined', 'Not confirmed'), ('to_confirm', 'Please confirm'), ('told_at_once', 'Low scores at once'), ('nobody', 'Nobody can take it'), ('overdue', 'Overdue'), ('stuck', 'Passed on and not tried'), ('escalated', 'Long overdue'), ('handed_up', 'Escalated by hand')], max_length=20)),
                ('at', models.DateTimeField()),
                ('digest', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='held', to='followups.digest')),
                ('follow_up', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='followups.followup')),
                ('user', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='held_notices', to=settings.AUTH_USER_MODEL)),
            ],
        ),
        migrations.CreateModel(
            name='HistoryEntry',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('at', models.DateTimeField()),
                ('verb', models.CharField(max_length=30)),
                ('from_status', models.CharField(blank=True, default='', max_length=12)),
                ('to_status', models.CharField(blank=True, default='', max_length=12)),
                ('sentence', models.TextField(help_text='What happened, for people.')),
                ('detail', models.JSONField(blank=True, default=dict)),
                ('actor', models.ForeignKey(blank=True, help_text='Empty: the product.', null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('follow_up', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='history', to='followups.followup')),
            ],
            options={
                'verbose_name_plural': 'history',
            },
        ),
        migrations.CreateModel(
            name='Lesson',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('text', models.TextField()),
                ('status', models.CharField(choices=[('new', 'New'), ('accepted', 'Accepted'), ('in_progress', 'In progress'), ('in_place', 'In place'), ('no_effect', 'No effect'), ('rejected', 'Rejected')], default='new', max_length=12)),
                ('change', models.TextField(blank=True, default='', verbose_name='change to make')),
                ('in_place_on', models.DateField(blank=True, null=True, verbose_name='in place since')),
                ('effect', models.CharField(blank=True, choices=[('', 'Not measured'), ('too_early', 'Too early to tell'), ('none_seen', 'No effect seen'), ('proven', 'Proven')], default='', max_length=10)),
                ('times_seen', models.PositiveIntegerField(default=1)),
                ('created_at', models.DateTimeField()),
                ('created_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('owner', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='lessons', to=settings.AUTH_USER_MODEL)),
                ('product', models.ForeignKey(blank=True, help_text='Scope; empty means all.', null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='nps.product')),
                ('team', models.ForeignKey(blank=True, help_text='Scope; empty means all.', null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='nps.team')),
            ],
        ),
        migrations.AddField(
            model_name='followup',
            name='lesson',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='followups', to='followups.lesson'),
        ),
        migrations.CreateModel(
            name='Letter',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('recipient', models.EmailField(max_length=254)),
                ('language', models.CharField(default='en', max_length=10)),
                ('subject', models.CharField(max_length=150)),
                ('body', models.TextField(verbose_name='text')),
                ('leaves_at', models.DateTimeField(help_text='Until then it can be taken back.')),
                ('sent_at', models.DateTimeField(blank=True, null=True)),
                ('bounced_at', models.DateTimeField(blank=True, null=True)),
                ('failed_at', models.DateTimeField(blank=True, null=True, verbose_name='not sent at')),
                ('cancelled_at', models.DateTimeField(blank=True, null=True)),
                ('why', models.CharField(blank=True, default='', max_length=300, verbose_name='why not')),
                ('attempt', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='letter', to='followups.attempt')),
            ],
            options={
                'verbose_name': 'e-mail to a customer',
                'verbose_name_plural': 'e-mails to customers',
            },
        ),
        migrations.CreateModel(
            name='LetterTemplate',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(help_text='For colleagues; customers never see it.', max_length=80)),
                ('language', models.CharField(help_text='A code such as en; English stands in for what is not there.', max_length=10)),
                ('band', models.CharField(blank=True, choices=[('low', 'Score 0 to 6'), ('near', 'Score 7 and above')], default='', help_text='Empty is for every score.', max_length=4, verbose_name='score')),
                ('driver', models.CharField(blank=True, choices=[('competence', 'Competence'), ('promptness', 'Promptness'), ('courtesy', 'Courtesy'), ('product', 'Product'), ('price', 'Price'), ('other', 'Other')], default='', help_text='Of a topic the customer ticked; empty is for every topic.', max_length=12, verbose_name='topic')),
                ('subject', models.CharField(max_length=150)),
                ('body', models.TextField(max_length=10000, verbose_name='text')),
            ],
            options={
                'verbose_name': 'e-mail template',
                'constraints': [models.UniqueConstraint(fields=('language', 'band', 'driver'), name='lettertemplate_once', violation_error_message='There is such a template already; change that one.')],
            },
        ),
        migrations.CreateModel(
            name='Measurement',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('measured_on', models.DateField(help_text='The organisation’s day.')),
                ('at', models.DateTimeField()),
                ('in_place_on', models.DateField(verbose_name='in place since')),
                ('scope', models.CharField(help_text='In words, as it was then.', max_length=300)),
                ('verdict', models.CharField(choices=[('too_early', 'Too early to tell'), ('none_seen', 'No effect seen'), ('proven', 'Proven')], max_length=10)),
                ('sentence', models.TextField()),
                ('is_controlled', models.BooleanField(default=False, help_text='What happened outside the scope was subtracted.')),
                ('before_carried', models.PositiveIntegerField()),
                ('before_resolved', models.PositiveIntegerField()),
                ('after_carried', models.PositiveIntegerField()),
                ('after_resolved', models.PositiveIntegerField()),
                ('difference', models.FloatField(help_text='Since minus before, in cases per 100 resolved tickets.')),
                ('low', models.FloatField(verbose_name='interval from')),
                ('high', models.FloatField(verbose_name='interval to')),
                ('figures', models.JSONField(default=dict, help_text='The windows, answers, NPS, and what was outside the scope.')),
                ('lesson', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='measurements', to='followups.lesson')),
            ],
            options={
                'verbose_name': 'measured effect',
            },
        ),
        migrations.CreateModel(
            name='NoticeChoice',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(choices=[('assigned', 'Given to you'), ('handed_over', 'Handed over to you'), ('reopened', 'Opened again'), ('due_soon', 'Due soon'), ('declined', 'Not confirmed'), ('to_confirm', 'Please confirm'), ('told_at_once', 'Low scores at once'), ('nobody', 'Nobody can take it'), ('overdue', 'Overdue'), ('stuck', 'Passed on and not tried'), ('escalated', 'Long overdue'), ('handed_up', 'Escalated by hand')], max_length=20)),
                ('way', models.CharField(choices=[('at_once', 'At once'), ('digest', 'In my digest'), ('off', 'Not at all')], default='at_once', max_length=8)),
                ('user', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='notice_choices', to=settings.AUTH_USER_MODEL)),
            ],
        ),
        migrations.CreateModel(
            name='Policy',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('slug', models.SlugField(max_length=60)),
                ('version', models.PositiveIntegerField(default=1)),
                ('is_current', models.BooleanField(default=True)),
                ('name', models.CharField(max_length=120)),
                ('min_score', models.PositiveSmallIntegerField()),
                ('max_score', models.PositiveSmallIntegerField()),
                ('covers_key_accounts', models.BooleanField(default=False, help_text='Every score up to the threshold of a key account falls under this policy.')),
                ('first_contact_hours', models.DecimalField(decimal_places=2, help_text='Working hours.', max_digits=5, validators=[django.core.validators.MinValueValidator(Decimal('0.01'), 'More than 0 hours.'), django.core.validators.MaxValueValidator(1000, 'At most 1000 hours.')])),
                ('close_days', models.PositiveSmallIntegerField(help_text='Working days.', validators=[django.core.validators.MinValueValidator(1, 'At least 1 day.'), django.core.validators.MaxValueValidator(365, 'At most 365 days.')])),
                ('attempts_needed', models.PositiveSmallIntegerField(default=3, help_text='Before “could not reach” is allowed.', validators=[django.core.validators.MinValueValidator(1, 'At least 1 attempt.'), django.core.validators.MaxValueValidator(50, 'At most 50 attempts.')])),
                ('attempt_days_needed', models.PositiveSmallIntegerField(default=2, validators=[django.core.validators.MaxValueValidator(50, 'At most 50 days.')])),
                ('channels_needed', models.PositiveSmallIntegerField(default=2, validators=[django.core.validators.MaxValueValidator(4, 'At most 4 channels.')])),
                ('next_try_hours', models.DecimalField(decimal_places=2, default=4, help_text='Working hours from a failed attempt to the next try.', max_digits=5, validators=[django.core.validators.MinValueValidator(Decimal('0.01'), 'More than 0 hours.'), django.core.validators.MaxValueValidator(1000, 'At most 1000 hours.')])),
                ('second_clock_hours', models.DecimalField(decimal_places=2, default=8, help_text='Working hours overdue before a manager is told.', max_digits=5, validators=[django.core.validators.MinValueValidator(0, '0 hours or more.'), django.core.validators.MaxValueValidator(1000, 'At most 1000 hours.')])),
                ('most_hand_overs', models.PositiveSmallIntegerField(default=2, help_text='So often an untouched one goes to the next shift; after that it stays and a lead is told.', validators=[django.core.validators.MaxValueValidator(50, 'At most 50 hand-overs.')], verbose_name='hand-overs at shift ends, at most')),
                ('tells_lead_at_once', models.BooleanField(default=False)),
                ('allows_rated_agent', models.BooleanField(default=False)),
                ('uses_any_team', models.BooleanField(default=True, help_text='Where the owning team has nobody on shift, any team may help.')),
                ('created_at', models.DateTimeField()),
                ('created_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('fallback_teams', models.ManyToManyField(blank=True, related_name='+', to='nps.team')),
            ],
            options={
                'verbose_name_plural': 'policies',
            },
        ),
        migrations.AddField(
            model_name='followup',
            name='policy',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='followups.policy'),
        ),
        migrations.CreateModel(
            name='Promise',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('text', models.TextField()),
                ('due_on', models.DateField()),
                ('made_at', models.DateTimeField()),
                ('kept_at', models.DateTimeField(blank=True, null=True)),
                ('broken_at', models.DateTimeField(blank=True, null=True)),
                ('follow_up', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='promises', to='followups.followup')),
                ('owner', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='promises', to=settings.AUTH_USER_MODEL)),
            ],
        ),
        migrations.CreateModel(
            name='RootCause',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=120)),
                ('slug', models.SlugField(max_length=120, unique=True)),
                ('attributable_to', models.CharField(choices=[('agent', 'Agent'), ('handover', 'Hand-over'), ('process', 'Process'), ('product', 'Product'), ('price', 'Price'), ('customer', 'Customer')], max_length=8)),
                ('position', models.PositiveSmallIntegerField(default=0)),
                ('is_active', models.BooleanField(default=True)),
                ('parent', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='children', to='followups.rootcause')),
            ],
        ),
        migrations.AddField(
            model_name='lesson',
            name='root_cause',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='lessons', to='followups.rootcause'),
        ),
        migrations.AddField(
            model_name='followup',
            name='root_cause',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='followups', to='followups.rootcause'),
        ),
        migrations.CreateModel(
            name='Confirmation',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('state', models.CharField(choices=[('pending', 'Waits for a second person'), ('confirmed', 'Confirmed'), ('declined', 'Declined'), ('withdrawn', 'Withdrawn')], default='pending', max_length=9)),
                ('asked_at', models.DateTimeField()),
                ('reason', models.TextField(help_text='Why the customer did not give this answer.')),
                ('lesson_kind', models.CharField(choices=[('', '—'), ('new', 'New lesson'), ('known', 'Known lesson'), ('nothing_new', 'Nothing new')], max_length=12)),
                ('lesson_text', models.TextField(blank=True, default='', help_text='Of a new lesson; it is kept once confirmed.')),
                ('previous_due_at', models.DateTimeField(help_text='What a refusal puts back.')),
                ('decided_at', models.DateTimeField(blank=True, null=True)),
                ('answer', models.TextField(blank=True, default='', help_text='Why it was declined.')),
                ('asked_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('decided_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('follow_up', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='confirmations', to='followups.followup')),
                ('lesson', models.ForeignKey(blank=True, help_text='A known one.', null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='followups.lesson')),
                ('root_cause', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='followups.rootcause')),
            ],
        ),
        migrations.AddConstraint(
            model_name='digest',
            constraint=models.UniqueConstraint(fields=('user', 'shift_starts_at'), name='digest_once_a_shift'),
        ),
        migrations.AddConstraint(
            model_name='digest',
            constraint=models.CheckConstraint(condition=models.Q(('shift_ends_at__gt', models.F('shift_starts_at'))), name='digest_shift_ends'),
        ),
        migrations.AddIndex(
            model_name='attempt',
            index=models.Index(fields=['follow_up', 'at'], name='attempt_of_followup'),
        ),
        migrations.AddConstraint(
            model_name='attempt',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('result', 'emailed'), _negated=True), ('via__in', ['email', 'chat']), _connector='OR'), name='attempt_emailed_by_mail'),
        ),
        migrations.AddIndex(
            model_name='heldnotice',
            index=models.Index(condition=models.Q(('digest__isnull', True)), fields=['user', 'at'], name='held_waiting'),
        ),
        migrations.AddIndex(
            model_name='historyentry',
            index=models.Index(fields=['follow_up', 'at', 'id'], name='history_of_followup'),
        ),
        migrations.AddConstraint(
            model_name='letter',
            constraint=models.CheckConstraint(condition=models.Q(('sent_at__isnull', True), models.Q(('bounced_at__isnull', True), ('cancelled_at__isnull', True), ('failed_at__isnull', True)), _connector='OR'), name='letter_sent_or_not'),
        ),
        migrations.AddConstraint(
            model_name='measurement',
            constraint=models.UniqueConstraint(fields=('lesson', 'in_place_on', 'measured_on'), name='measurement_once_a_day'),
        ),
        migrations.AddConstraint(
            model_name='measurement',
            constraint=models.CheckConstraint(condition=models.Q(('after_carried__lte', models.F('after_resolved')), ('before_carried__lte', models.F('before_resolved'))), name='measurement_of_its_tickets'),
        ),
        migrations.AddConstraint(
            model_name='measurement',
            constraint=models.CheckConstraint(condition=models.Q(('verdict__in', ['too_early', 'none_seen', 'proven'])), name='measurement_verdict'),
        ),
        migrations.AddConstraint(
            model_name='measurement',
            constraint=models.CheckConstraint(condition=models.Q(('low__lte', models.F('high'))), name='measurement_interval'),
        ),
        migrations.AddConstraint(
            model_name='noticechoice',
            constraint=models.UniqueConstraint(fields=('user', 'kind'), name='notice_choice_once'),
        ),
        migrations.AddConstraint(
            model_name='noticechoice',
            constraint=models.CheckConstraint(condition=models.Q(('way__in', ['at_once', 'digest', 'off'])), name='notice_choice_way'),
        ),
        migrations.AddConstraint(
            model_name='policy',
            constraint=models.UniqueConstraint(fields=('slug', 'version'), name='policy_version_once'),
        ),
        migrations.AddConstraint(
            model_name='policy',
            constraint=models.UniqueConstraint(condition=models.Q(('is_current', True)), fields=('slug',), name='policy_one_current'),
        ),
        migrations.AddConstraint(
            model_name='policy',
            constraint=models.CheckConstraint(condition=models.Q(('max_score__lte', 10), ('min_score__lte', models.F('max_score'))), name='policy_score_range', violation_error_message='Scores are from 0 to 10, the lowest at or below the highest.'),
        ),
        migrations.AddConstraint(
            model_name='policy',
            constraint=models.CheckConstraint(condition=models.Q(('attempts_needed__gt', 0), ('close_days__gt', 0), ('first_contact_hours__gt', 0)), name='policy_positive', violation_error_message='First contact, closing and attempts each have to be more than 0.'),
        ),
        migrations.AddConstraint(
            model_name='policy',
            constraint=models.CheckConstraint(condition=models.Q(('first_contact_hours__lte', 1000), ('next_try_hours__gt', 0), ('next_try_hours__lte', 1000), ('second_clock_hours__gte', 0), ('second_clock_hours__lte', 1000)), name='policy_hours', violation_error_message='Hours are at most 1000, and more than 0 from one try to the next.'),
        ),
        migrations.AddConstraint(
            model_name='policy',
            constraint=models.CheckConstraint(condition=models.Q(('close_days__lte', 365)), name='policy_close_days', violation_error_message='At most 365 working days to close.'),
        ),
        migrations.AddConstraint(
            model_name='policy',
            constraint=models.CheckConstraint(condition=models.Q(('attempt_days_needed__lte', 50), ('attempts_needed__lte', 50), ('channels_needed__lte', 4), ('most_hand_overs__lte', 50)), name='policy_attempts', violation_error_message='At most 50 attempts on 50 days, over 4 channels, and 50 hand-overs.'),
        ),
        migrations.AddConstraint(
            model_name='promise',
            constraint=models.CheckConstraint(condition=models.Q(('kept_at__isnull', True), ('broken_at__isnull', True), _connector='OR'), name='promise_kept_or_broken'),
        ),
        migrations.AddConstraint(
            model_name='promise',
            constraint=models.CheckConstraint(condition=models.Q(('text', ''), _negated=True), name='promise_text'),
        ),
        migrations.AddIndex(
            model_name='lesson',
            index=models.Index(fields=['root_cause', '-times_seen'], name='lesson_by_cause'),
        ),
        migrations.AddConstraint(
            model_name='lesson',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('status', 'in_place'), _negated=True), ('in_place_on__isnull', False), _connector='OR'), name='lesson_in_place_on'),
        ),
        migrations.AddConstraint(
            model_name='lesson',
            constraint=models.CheckConstraint(condition=models.Q(('text', ''), _negated=True), name='lesson_text'),
        ),
        migrations.AddIndex(
            model_name='followup',
            index=models.Index(condition=models.Q(('status__in', ['open', 'assigned', 'in_progress'])), fields=['assignee', 'due_at', 'score', 'id'], name='followup_mine'),
        ),
        migrations.AddIndex(
            model_name='followup',
            index=models.Index(condition=models.Q(('status__in', ['open', 'assigned', 'in_progress'])), fields=['team', 'due_at', 'score', 'id'], name='followup_team'),
        ),
        migrations.AddIndex(
            model_name='followup',
            index=models.Index(condition=models.Q(('status__in', ['open', 'assigned', 'in_progress'])), fields=['due_at', 'score', 'id'], name='followup_due'),
        ),
        migrations.AddIndex(
            model_name='followup',
            index=models.Index(condition=models.Q(('status', 'open')), fields=['opened_at'], name='followup_waiting'),
        ),
        migrations.AddIndex(
            model_name='followup',
            index=models.Index(fields=['customer', '-opened_at'], name='followup_of_customer'),
        ),
        migrations.AddIndex(
            model_name='followup',
            index=models.Index(condition=models.Q(('status', 'closed')), fields=['-closed_at'], name='followup_closed'),
        ),
        migrations.AddIndex(
            model_name='followup',
            index=models.Index(condition=models.Q(('ask_again_on__isnull', False), ('asked_again__isnull', True), ('not_asked_again', ''), ('status', 'closed')), fields=['ask_again_on'], name='followup_ask_again'),
        ),
        migrations.AddConstraint(
            model_name='followup',
            constraint=models.CheckConstraint(condition=models.Q(('score__lte', 10)), name='followup_score'),
        ),
        migrations.AddConstraint(
            model_name='followup',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('assignee__isnull', True), ('status', 'open')), models.Q(('assignee__isnull', False), ('status__in', ['assigned', 'in_progress', 'closed'])), ('status', 'cancelled'), _connector='OR'), name='followup_assignee_by_status'),
        ),
        migrations.AddConstraint(
            model_name='followup',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('status', 'closed'), _negated=True), models.Q(('closed_at__isnull', False), ('root_cause__isnull', False), models.Q(('outcome', ''), _negated=True), models.Q(('lesson_kind', ''), _negated=True)), _connector='OR'), name='followup_closed_is_complete'),
        ),
        migrations.AddConstraint(
            model_name='followup',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('lesson__isnull', False), ('lesson_kind__in', ['new', 'known'])), models.Q(('lesson__isnull', True), ('lesson_kind__in', ['', 'nothing_new'])), _connector='OR'), name='followup_lesson_by_kind'),
        ),
        migrations.AddConstraint(
            model_name='followup',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('outcome', 'not_given'), _negated=True), ('confirmed_by__isnull', False), _connector='OR'), name='followup_not_given_confirmed'),
        ),
        migrations.AddConstraint(
            model_name='followup',
            constraint=models.CheckConstraint(condition=models.Q(('confirmed_by__isnull', True), ('closed_by__isnull', True), models.Q(('confirmed_by', models.F('closed_by')), _negated=True), _connector='OR'), name='followup_second_person'),
        ),
        migrations.AddConstraint(
            model_name='followup',
            constraint=models.CheckConstraint(condition=models.Q(('second_asked_at__isnull', True), models.Q(('status__in', ['closed', 'cancelled']), _negated=True), _connector='OR'), name='followup_second_asked'),
        ),
        migrations.AddConstraint(
            model_name='followup',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('about', ''), ('about_at__isnull', True), ('about_by__isnull', True)), models.Q(('about__in', ['product', 'price']), ('about_at__isnull', False), ('about_by__isnull', False)), _connector='OR'), name='followup_about_by'),
        ),
        migrations.AddIndex(
            model_name='confirmation',
            index=models.Index(condition=models.Q(('state', 'pending')), fields=['asked_at'], name='confirmation_pending'),
        ),
        migrations.AddConstraint(
            model_name='confirmation',
            constraint=models.UniqueConstraint(condition=models.Q(('state', 'pending')), fields=('follow_up',), name='confirmation_one_pending'),
        ),
        migrations.AddConstraint(
            model_name='confirmation',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('decided_at__isnull', True), ('decided_by__isnull', True), ('state', 'pending')), models.Q(('decided_at__isnull', False), ('decided_by__isnull', False), ('state__in', ['confirmed', 'declined'])), models.Q(('decided_at__isnull', False), ('state', 'withdrawn')), _connector='OR'), name='confirmation_decided'),
        ),
        migrations.AddConstraint(
            model_name='confirmation',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('state__in', ['confirmed', 'declined']), _negated=True), models.Q(('decided_by', models.F('asked_by')), _negated=True), _connector='OR'), name='confirmation_by_another'),
        ),
        migrations.AddConstraint(
            model_name='confirmation',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('lesson__isnull', True), ('lesson_kind', 'new'), models.Q(('lesson_text', ''), _negated=True)), models.Q(('lesson__isnull', False), ('lesson_kind', 'known')), models.Q(('lesson__isnull', True), ('lesson_kind', 'nothing_new')), _connector='OR'), name='confirmation_lesson'),
        ),
        migrations.AddConstraint(
            model_name='confirmation',
            constraint=models.CheckConstraint(condition=models.Q(('reason', ''), _negated=True), name='confirmation_reason'),
        ),
    ]
