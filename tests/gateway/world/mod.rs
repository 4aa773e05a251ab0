//! The world of a story: the real desk with a manual clock and a fresh database, a real Dovecot, and an SMTP
//! server that can be told to defer, refuse, stall or drop. Actors in it have a user's verbs.

mod actors;
mod browser;
mod discipline;
pub(crate) mod dns;
mod letter;
pub(crate) mod line_script;
pub(crate) mod lines;
pub(crate) mod proxy;
pub(crate) mod scripted_imap;
pub(crate) mod scripted_smtp;
pub(crate) mod signing;
mod steady;
pub(crate) mod tls_front;
pub(crate) mod token_server;
pub(crate) mod worn_line;

use std::path::Path;
use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use madoguchi::app;
use madoguchi::clock::Clock;
use madoguchi::config::Config;
use madoguchi::demo::Dovecot;
use madoguchi::inbound::{Poller, PollerSettings};
use madoguchi::inquiry::redaction::redacted;
use madoguchi::outbound::{Dispatcher, Recorder, SendingTerms};
use madoguchi::pipeline::{Pipeline, Timekeeper};
use madoguchi::registry::Registry;
use madoguchi::store::{Database, mailboxes, mails, outbox, registry};
use tokio::sync::Mutex;

pub(crate) use actors::{Person, Staff};
pub(crate) use browser::{Browser, PAGE};
use discipline::Written;
pub(crate) use letter::Letter;
use proxy::CutProxy;
use scripted_smtp::ScriptedSmtp;

/// How long anything that must happen may take before a story fails.
pub(crate) const PATIENCE: std::time::Duration = std::time::Duration::from_secs(10);

/// How long a step may take that a story wants to see run out.
pub(crate) const SHORT: std::time::Duration = std::time::Duration::from_millis(500);

/// The address customers write to.
pub(crate) const CONTACT: &str = "aws_tec@desk.example";

/// What the border puts into Authentication-Results.
pub(crate) const BORDER: &str = "mx.desk.example";

/// What the desk's border says of a mail whose DMARC passed.
pub(crate) fn proven(domain: &str) -> String {
    format!("Authentication-Results: {BORDER}; dmarc=pass header.from={domain}")
}

/// A desk with everything around it.
pub(crate) struct World {
    pub(crate) clock: Clock,
    pub(crate) pipeline: Arc<Pipeline>,
    pub(crate) smtp: ScriptedSmtp,
    pub(crate) imap_line: CutProxy,
    dovecot: std::sync::Mutex<Dovecot>,
    poller: Mutex<Poller>,
    dispatcher: Mutex<Dispatcher>,
    timekeeper: Mutex<Timekeeper>,
    read: std::sync::Mutex<std::collections::BTreeMap<String, usize>>,
    staff: std::sync::Mutex<Vec<String>>,
    written: std::sync::Mutex<Vec<Written>>,
    settings: PollerSettings,
    config: Config,
    watch: std::sync::Mutex<app::PolicyWatch>,
    folder: tempfile::TempDir,
}

impl World {
    /// Plays a story on a Wednesday morning, and looks afterwards whether anything was left over.
    pub(crate) async fn run(story: impl AsyncFnOnce(Arc<World>)) {
        Self::run_at("2026-03-04T10:00:00+09:00", story).await;
    }

    /// The same at another instant.
    pub(crate) async fn run_at(start: &str, story: impl AsyncFnOnce(Arc<World>)) {
        Self::play(start, Setting::default(), story).await;
    }

    /// The same with lines of the section `[response]` and a duty roster.
    pub(crate) async fn run_clocked(
        start: &str,
        response: &str,
        roster: &str,
        story: impl AsyncFnOnce(Arc<World>),
    ) {
        let setting = Setting {
            response,
            roster,
            ..Setting::default()
        };
        Self::play(start, setting, story).await;
    }

    /// The same with answers that wait so many seconds before they go out.
    pub(crate) async fn run_with_delay(seconds: u32, story: impl AsyncFnOnce(Arc<World>)) {
        let setting = Setting {
            delay: seconds,
            ..Setting::default()
        };
        Self::play("2026-03-04T10:00:00+09:00", setting, story).await;
    }

    /// The same with the budgets that a desk has by itself.
    pub(crate) async fn run_with_budgets(story: impl AsyncFnOnce(Arc<World>)) {
        let setting = Setting {
            budget: "",
            ..Setting::default()
        };
        Self::play("2026-03-04T10:00:00+09:00", setting, story).await;
    }

    /// The same with other `[staff]` and `[authentication]` sections.
    pub(crate) async fn run_trusting(trust: &str, story: impl AsyncFnOnce(Arc<World>)) {
        let setting = Setting {
            trust,
            ..Setting::default()
        };
        Self::play("2026-03-04T10:00:00+09:00", setting, story).await;
    }

    /// The same with a page that customers can read their tickets on.
    pub(crate) async fn run_with_page(url: &str, story: impl AsyncFnOnce(Arc<World>)) {
        let setting = Setting {
            page: url,
            ..Setting::default()
        };
        Self::play("2026-03-04T10:00:00+09:00", setting, story).await;
    }

    /// The same with answers that wait so many seconds before they go out.
    pub(crate) async fn run_with_delay_and_page(delay: u32, page: &str, story: impl AsyncFnOnce(Arc<World>)) {
        let setting = Setting {
            delay,
            page,
            ..Setting::default()
        };
        Self::play("2026-03-04T10:00:00+09:00", setting, story).await;
    }

    /// The same with staff who read English.
    pub(crate) async fn run_in_english(story: impl AsyncFnOnce(Arc<World>)) {
        let setting = Setting {
            staff_language: "en",
            ..Setting::default()
        };
        Self::play("2026-03-04T10:00:00+09:00", setting, story).await;
    }

    /// The same with files of rules and of restricted services that staff edit.
    pub(crate) async fn run_with_edited_files(
        rules: &str,
        restricted: &str,
        story: impl AsyncFnOnce(Arc<World>),
    ) {
        let setting = Setting {
            edited: Some((rules, restricted)),
            ..Setting::default()
        };
        Self::play("2026-03-04T10:00:00+09:00", setting, story).await;
    }

    /// The same with reply tokens carried otherwise, and other `[staff]` and `[authentication]` sections.
    pub(crate) async fn run_carrying(carrier: &str, trust: &str, story: impl AsyncFnOnce(Arc<World>)) {
        let default = Setting::default();
        let setting = Setting {
            carrier,
            trust: if trust.is_empty() { default.trust } else { trust },
            ..default
        };
        Self::play("2026-03-04T10:00:00+09:00", setting, story).await;
    }

    /// The same with Cost and Usage Reports that answer questions about the support fee.
    pub(crate) async fn run_with_reports(reports: &[&Path], story: impl AsyncFnOnce(Arc<World>)) {
        let setting = Setting {
            reports,
            ..Setting::default()
        };
        Self::play("2026-03-04T10:00:00+09:00", setting, story).await;
    }

    /// The same with a database in another folder, and lines of the section `[database]`.
    pub(crate) async fn run_storing(folder: &Path, database: &str, story: impl AsyncFnOnce(Arc<World>)) {
        let setting = Setting {
            storage: Some((folder, database)),
            ..Setting::default()
        };
        Self::play("2026-03-04T10:00:00+09:00", setting, story).await;
    }

    /// The desk looks at the configured reports.
    pub(crate) fn reads_reports(&self) {
        self.pipeline.fees.refresh();
    }

    async fn play(start: &str, setting: Setting<'_>, story: impl AsyncFnOnce(Arc<World>)) {
        let world = Arc::new(Self::build(start.parse::<DateTime<Utc>>().unwrap(), &setting).await);
        story(Arc::clone(&world)).await;
        world.nothing_is_left_over().await;
    }

    async fn build(start: DateTime<Utc>, setting: &Setting<'_>) -> Self {
        drop(rustls::crypto::ring::default_provider().install_default());
        let folder = tempfile::tempdir().unwrap();
        let dovecot = Dovecot::start("secret").unwrap();
        let imap_line = CutProxy::start(dovecot.imap_port()).await;
        let smtp = ScriptedSmtp::start_pipelining().await;
        std::fs::write(folder.path().join("roster.toml"), setting.roster).unwrap();
        let ports = (imap_line.port(), smtp.port());
        let mut config = configuration(folder.path(), ports, setting);
        if let Some((rules, restricted)) = setting.edited {
            let file = |name: &str, text: &str| {
                let path = folder.path().join(name);
                std::fs::write(&path, text).unwrap();
                Some(path)
            };
            config.files.rules = file("rules.toml", rules);
            config.files.restricted_services = file("restricted_services.toml", restricted);
        }
        config.billing.reports = setting.reports.iter().map(|path| path.to_path_buf()).collect();
        let clock = Clock::manual(start);
        let database = app::open_database(&config).await.unwrap();
        let pipeline = Arc::new(app::build_pipeline(&config, database, clock.clone()).unwrap());
        let settings = app::poller_settings(&config).unwrap();
        let poller = Mutex::new(Poller::new(Arc::clone(&pipeline), settings.clone()));
        let dispatcher = Mutex::new(Dispatcher::new(
            Arc::clone(&pipeline),
            app::smtp_settings(&config).unwrap(),
        ));
        let timekeeper = Mutex::new(Timekeeper::new(Arc::clone(&pipeline)));
        let read = std::sync::Mutex::default();
        let dovecot = std::sync::Mutex::new(dovecot);
        Self {
            clock,
            pipeline,
            smtp,
            imap_line,
            dovecot,
            poller,
            dispatcher,
            timekeeper,
            read,
            staff: std::sync::Mutex::default(),
            written: std::sync::Mutex::default(),
            settings,
            watch: std::sync::Mutex::new(app::PolicyWatch::new(&config)),
            config,
            folder,
        }
    }

    /// Registers a customer 株式会社サンプル with one person and one account.
    pub(crate) async fn customer(self: &Arc<Self>, mailbox: &str, account: &str) -> Person {
        let person = Person::new(self, mailbox);
        self.import(&[
            "id,name,name_kana,language,answer_mode\nsample,株式会社サンプル,サンプル,ja,answer\n",
            &contact_row("sample", &person),
            &format!("customer_id,account_id,label,starts,ends\nsample,{account},本番,,\n"),
        ])
        .await;
        person
    }

    /// Registers a further person of a customer.
    pub(crate) async fn colleague_of(self: &Arc<Self>, customer: &str, mailbox: &str) -> Person {
        let person = Person::new(self, mailbox);
        self.import(&[&contact_row(customer, &person)]).await;
        person
    }

    /// Registers rows of the registry's CSV form.
    pub(crate) async fn import(&self, files: &[&str]) {
        let mut rows = Registry::default();
        for file in files {
            rows.read_file("story.csv", file.as_bytes()).unwrap();
        }
        let mut tx = self.database().begin().await.unwrap();
        registry::import(&mut tx, &rows).await.unwrap();
        tx.commit().await.unwrap();
    }

    /// Somebody nobody has registered.
    pub(crate) fn stranger(self: &Arc<Self>, mailbox: &str) -> Person {
        Person::new(self, mailbox)
    }

    /// Registers a staff member of all desks, who has answered the probe.
    pub(crate) async fn staff(self: &Arc<Self>, mailbox: &str, serial: u32) -> Staff {
        self.member(mailbox, serial, "technical account-and-billing contract,lead")
            .await
    }

    /// Registers a staff member of all desks, who has not answered a probe yet.
    pub(crate) async fn new_staff(self: &Arc<Self>, mailbox: &str, serial: u32) -> Staff {
        self.new_member(mailbox, serial, "technical account-and-billing contract,lead")
            .await
    }

    /// Registers a staff member with desks and role as the registry writes them, who has answered the probe.
    pub(crate) async fn member(self: &Arc<Self>, mailbox: &str, serial: u32, desks_and_role: &str) -> Staff {
        let staff = self.new_member(mailbox, serial, desks_and_role).await;
        staff.answers_the_probe().await;
        staff
    }

    async fn new_member(self: &Arc<Self>, mailbox: &str, serial: u32, desks_and_role: &str) -> Staff {
        let person = Person::new(self, mailbox);
        let row = format!(
            "serial,name,addresses,desks,role\n{serial},{},{},{desks_and_role}\n",
            person.name, person.address
        );
        self.import(&[&row]).await;
        self.staff.lock().unwrap().push(person.address.clone());
        Staff { person }
    }

    /// An address of the desk's side that belongs to nobody of the registry.
    pub(crate) fn on_call(self: &Arc<Self>, mailbox: &str) -> Person {
        let person = Person::new(self, mailbox);
        self.staff.lock().unwrap().push(person.address.clone());
        person
    }

    /// The database.
    pub(crate) fn database(&self) -> &Database {
        &self.pipeline.database
    }

    /// The desk takes a mail by the pipe of an MTA, beside the mailbox.
    pub(crate) async fn takes(&self, raw: &[u8]) -> Vec<madoguchi::pipeline::Processed> {
        let arrival = madoguchi::pipeline::Arrival {
            source: "ingest",
            mailbox: "-",
            place: None,
            arrived_at: None,
            size: u64::try_from(raw.len()).unwrap(),
            raw: raw.into(),
            whole: true,
            acknowledge: true,
        };
        self.remembers(raw);
        let kept = self.pipeline.keep(&[arrival]).await.unwrap();
        Box::pin(self.pipeline.process(&[kept[0].id])).await.unwrap()
    }

    /// Lays raw bytes into the contact mailbox.
    pub(crate) fn deliver(&self, raw: &[u8]) {
        self.deliver_at(raw, self.clock.now());
    }

    /// The same with a mail that came at another instant.
    pub(crate) fn deliver_at(&self, raw: &[u8], at: DateTime<Utc>) {
        self.remembers(raw);
        let dovecot = self.dovecot.lock().unwrap();
        dovecot.deliver_at(CONTACT, raw, at.into()).unwrap();
    }

    /// A customer has written a mail that letters may answer, to the desk or to one of its people.
    pub(crate) fn remembers(&self, raw: &[u8]) {
        if let Ok(message) = madoguchi::mail::parse::parse_mail(raw) {
            self.written.lock().unwrap().push(Written {
                clear: redacted(&message.subject, &[]).into_owned(),
                subject: message.subject,
                id: message.message_id.map(|id| id.to_string()),
            });
        }
    }

    /// Something was written on the page: a mail of it that no client has, and no letter names.
    fn remembers_post(&self) {
        self.written.lock().unwrap().push(Written {
            subject: String::new(),
            clear: String::new(),
            id: None,
        });
    }

    /// The server takes a mail for junk.
    pub(crate) async fn deliver_to_junk(&self, raw: &[u8]) {
        use std::os::unix::fs::{MetadataExt, chown};
        self.remembers(raw);
        // The server makes the mailbox when it is first opened; what is laid in must be its own.
        self.reads_mailbox().await.unwrap();
        let (home, junk) = {
            let dovecot = self.dovecot.lock().unwrap();
            (
                dovecot.maildir(CONTACT, "INBOX"),
                dovecot.maildir(CONTACT, "Junk"),
            )
        };
        let owner = std::fs::metadata(home).unwrap();
        let name = self.clock.fresh_id().simple().to_string();
        let file = junk.join("new").join(name);
        for part in ["cur", "new", "tmp"] {
            std::fs::create_dir_all(junk.join(part)).unwrap();
        }
        std::fs::write(&file, raw).unwrap();
        for path in [
            &junk,
            &junk.join("cur"),
            &junk.join("new"),
            &junk.join("tmp"),
            &file,
        ] {
            chown(path, Some(owner.uid()), Some(owner.gid())).unwrap();
        }
    }

    /// The desk reads its junk folder once, and everything that is due goes out.
    pub(crate) async fn reads_junk(&self) {
        let settings = PollerSettings {
            mailbox: "Junk".to_owned(),
            junk: true,
            ..self.settings.clone()
        };
        let mut poller = Poller::new(Arc::clone(&self.pipeline), settings);
        poller.step().await.unwrap();
        poller.log_out().await;
        self.sends_mail().await;
    }

    /// How many mails lie in a folder of the contact mailbox.
    pub(crate) fn folder(&self, name: &str) -> Vec<Vec<u8>> {
        self.dovecot.lock().unwrap().mails(CONTACT, name).unwrap()
    }

    /// Whether a folder of the contact mailbox takes mails in: a full or write-protected one does not.
    pub(crate) fn folder_takes_mail(&self, name: &str, takes: bool) {
        let maildir = self.dovecot.lock().unwrap().maildir(CONTACT, name);
        let mode = if takes { 0o700 } else { 0o500 };
        for part in ["cur", "new", "tmp", ""] {
            let permissions = std::os::unix::fs::PermissionsExt::from_mode(mode);
            std::fs::set_permissions(maildir.join(part), permissions).unwrap();
        }
    }

    /// Somebody deletes a folder of the contact mailbox.
    pub(crate) fn folder_is_deleted(&self, name: &str) {
        let maildir = self.dovecot.lock().unwrap().maildir(CONTACT, name);
        std::fs::remove_dir_all(maildir).unwrap();
    }

    /// The desk reads its mailbox once, and everything that is due goes out.
    pub(crate) async fn settles(&self) {
        self.reads_mailbox().await.unwrap();
        self.sends_mail().await;
    }

    /// The desk reads its mailbox once.
    pub(crate) async fn reads_mailbox(&self) -> Result<usize, madoguchi::inbound::IntakeError> {
        Box::pin(async { self.poller.lock().await.step().await.map(|report| report.taken) }).await
    }

    /// A poller of the desk that replaces its connection at this age.
    pub(crate) fn poller_renewing_after(&self, age: std::time::Duration) -> Poller {
        let settings = PollerSettings {
            renew_after: age,
            ..self.settings.clone()
        };
        Poller::new(Arc::clone(&self.pipeline), settings)
    }

    /// A poller of the desk on another server, which leaves mail where it is or files it.
    pub(crate) fn poller_on(&self, imap_port: u16, files: bool) -> Poller {
        let settings = self.settings.clone();
        Poller::new(
            Arc::clone(&self.pipeline),
            PollerSettings {
                imap: lines::impatient_imap(imap_port),
                folders: settings.folders.clone().filter(|_| files),
                ..settings
            },
        )
    }

    /// The desk waits for a hint of the server.
    pub(crate) async fn waits_for_mail(&self) {
        self.poller.lock().await.wait().await.unwrap();
    }

    /// One turn of what sends, on a database that may refuse it.
    pub(crate) async fn tries_to_send(&self) -> Result<usize, madoguchi::pipeline::PipelineError> {
        Box::pin(async { self.dispatcher.lock().await.step().await }).await
    }

    /// Everything that is due goes out.
    pub(crate) async fn sends_mail(&self) {
        while Box::pin(async { self.dispatcher.lock().await.step().await.unwrap() }).await > 0 {}
    }

    /// The desk sends on other terms from now on.
    pub(crate) async fn sends_on(&self, terms: SendingTerms) {
        let recorder = Recorder::on_terms(Arc::clone(&self.pipeline), terms);
        let smtp = app::smtp_settings(&self.config).unwrap();
        *self.dispatcher.lock().await =
            Dispatcher::new(Arc::clone(&self.pipeline), smtp).with_recorder(recorder);
    }

    /// The submission server writes identifiers of its own domain over ours.
    pub(crate) async fn server_rewrites_ids(&self, domain: &str) {
        let smtp = app::smtp_settings(&self.config).unwrap();
        let dispatcher = Dispatcher::new(Arc::clone(&self.pipeline), smtp);
        *self.dispatcher.lock().await = dispatcher.with_rewritten_ids(domain);
    }

    /// Somebody saves a file that the desk watches, and the desk looks at it.
    pub(crate) fn edits(&self, name: &str, text: &str) -> Vec<app::Noticed> {
        std::fs::write(self.folder.path().join(name), text).unwrap();
        self.looks_at_files()
    }

    /// The desk looks at the files that staff edit.
    pub(crate) fn looks_at_files(&self) -> Vec<app::Noticed> {
        self.watch.lock().unwrap().step(&self.pipeline)
    }

    /// A new process takes over: nothing but the database and the mailbox is left of the old one.
    pub(crate) async fn desk_restarts(&self) {
        *self.poller.lock().await = Poller::new(Arc::clone(&self.pipeline), self.settings.clone());
        let smtp = app::smtp_settings(&self.config).unwrap();
        *self.dispatcher.lock().await = Dispatcher::new(Arc::clone(&self.pipeline), smtp);
        *self.timekeeper.lock().await = Timekeeper::new(Arc::clone(&self.pipeline));
    }

    /// Time passes, and what has become due goes out.
    pub(crate) async fn time_passes(&self, by: TimeDelta) {
        self.clock.advance(by);
        Box::pin(self.pipeline.mind_held()).await.unwrap();
        self.keeps_time().await;
        self.sends_mail().await;
    }

    /// The same up to an instant on Japanese clocks, such as `2026-03-04T17:00:00`.
    pub(crate) async fn time_passes_to(&self, at: &str) {
        let at: DateTime<Utc> = format!("{at}+09:00").parse().unwrap();
        assert!(at >= self.clock.now(), "time does not run backwards");
        self.time_passes(at - self.clock.now()).await;
    }

    /// What the passing of time asks for is done.
    pub(crate) async fn keeps_time(&self) {
        while Box::pin(async { self.timekeeper.lock().await.step().await.unwrap() }).await > 0 {}
    }

    /// Mails to an address that nobody has read yet; they count as read afterwards.
    fn unread(&self, address: &str) -> Vec<Letter> {
        let all: Vec<Letter> = self
            .smtp
            .mails()
            .iter()
            .filter(|mail| mail.recipient.eq_ignore_ascii_case(address))
            .map(|mail| Letter::read(&mail.sender, &mail.bytes))
            .collect();
        let mut read = self.read.lock().unwrap();
        let before = read.insert(address.to_lowercase(), all.len()).unwrap_or(0);
        all.into_iter().skip(before).collect()
    }

    /// What is due goes out, and everybody reads what they got; for stories about other things.
    pub(crate) async fn everything_is_read(&self) {
        self.sends_mail().await;
        for mail in self.smtp.mails() {
            self.unread(&mail.recipient);
        }
    }

    async fn nothing_is_left_over(&self) {
        let staff = self.staff.lock().unwrap().clone();
        let written = self.written.lock().unwrap().clone();
        let mut renderings = std::collections::BTreeMap::new();
        for mail in self.smtp.mails() {
            let letter = Letter::read(&mail.sender, &mail.bytes);
            discipline::check(&letter, &mail.recipient, &staff, &written);
            let first = renderings
                .entry(letter.id())
                .or_insert_with(|| mail.bytes.clone());
            assert!(
                *first == mail.bytes,
                "one rendering a message: {}",
                letter.shown()
            );
        }
        let recipients: std::collections::BTreeSet<String> = self
            .smtp
            .mails()
            .iter()
            .map(|mail| mail.recipient.to_lowercase())
            .collect();
        for recipient in recipients {
            let unread = self.unread(&recipient);
            assert!(
                unread.is_empty(),
                "{recipient} was left with unread mail:\n{}",
                unread[0].shown()
            );
        }
        let mut tx = self.database().read().await.unwrap();
        let due = outbox::find_next_due(&mut tx).await.unwrap();
        assert!(
            due.is_none_or(|due| due > self.clock.now()),
            "mail that is due was not sent"
        );
        let open = mailboxes::list_without_outcome(&mut tx, "INBOX").await.unwrap();
        assert!(open.is_empty(), "mails without outcome: {open:?}");
        let outcomes = mails::count_outcomes(&mut tx).await.unwrap();
        assert!(
            !outcomes.iter().any(|(outcome, _)| outcome.is_empty()),
            "{outcomes:?}"
        );
        assert!(self.folder("INBOX").is_empty(), "mail was left in the mailbox");
    }
}

fn contact_row(customer: &str, person: &Person) -> String {
    format!(
        "customer_id,address,person,person_name,department,language,account_scope,web,valid_from,valid_to\n\
         {customer},{},,{},,,,yes,,\n",
        person.address, person.name
    )
}

/// How the desk of a story is set.
#[derive(Debug)]
struct Setting<'a> {
    /// Seconds that answers wait.
    delay: u32,
    /// The sections `[staff]` and `[authentication]`.
    trust: &'a str,
    /// What carries reply tokens.
    carrier: &'a str,
    /// Lines of the section `[response]`.
    response: &'a str,
    /// The duty roster.
    roster: &'a str,
    /// The address of the page; empty where there is none.
    page: &'a str,
    /// Lines of the section `[acknowledgements]`.
    budget: &'a str,
    /// The language of mails to staff.
    staff_language: &'a str,
    /// Files of rules and of restricted services.
    edited: Option<(&'a str, &'a str)>,
    /// Where the database lies, and lines of the section `[database]`.
    storage: Option<(&'a Path, &'a str)>,
    /// Cost and Usage Reports.
    reports: &'a [&'a Path],
}

impl Default for Setting<'_> {
    /// The border's word is believed, DNS is asked nothing, everybody is on duty.
    fn default() -> Self {
        Self {
            delay: 0,
            trust: "[staff]\nanchor = \"authserv:mx.desk.example\"\n[authentication]\nresolver = \"off\"\n",
            carrier: "plus-address",
            response: "",
            roster: "",
            page: "",
            // Stories of other things let people write several mails at one instant.
            budget: "per_ten_minutes = 5\nper_day = 50",
            staff_language: "ja",
            edited: None,
            storage: None,
            reports: &[],
        }
    }
}

fn configuration(folder: &Path, (imap, smtp): (u16, u16), setting: &Setting<'_>) -> Config {
    let Setting {
        delay,
        trust,
        carrier,
        response,
        page,
        budget,
        staff_language,
        ..
    } = setting;
    let page = match *page {
        "" => String::new(),
        url => format!("page_url = \"{url}\"\n"),
    };
    for (name, secret) in [
        ("password", "secret"),
        ("key", "0123456789abcdef0123456789abcdef"),
    ] {
        std::fs::write(folder.join(name), secret).unwrap();
    }
    let root = folder.display();
    let (storage, database) = setting.storage.unwrap_or((folder, ""));
    let storage = storage.display();
    Config::parse(&format!(
        "[desk]\ncontact_address = \"{CONTACT}\"\nname = \"AWSサポート窓口\"\nsignature = \"AWSサポート窓口\"\n\
         name_en = \"AWS Support Desk\"\nsignature_en = \"AWS Support Desk\"\n\
         relay_delay_seconds = {delay}\nstaff_language = \"{staff_language}\"\n{page}\
         [database]\nurl = \"sqlite:{storage}/desk.db\"\n{database}\n\
         [imap]\nhost = \"127.0.0.1\"\nport = {imap}\nsecurity = \"plain\"\nuser = \"{CONTACT}\"\n\
         password_file = \"{root}/password\"\nlimit_megabytes = 1\npoll_seconds = 5\n\
         [smtp]\nhost = \"127.0.0.1\"\nport = {smtp}\nsecurity = \"plain\"\n\
         {trust}\
         [tokens]\nkey_file = \"{root}/key\"\ncarrier = \"{carrier}\"\n\
         [files]\nduty_roster = \"{root}/roster.toml\"\n\
         [response]\n{response}\n[acknowledgements]\n{budget}\n"
    ))
    .unwrap()
}
