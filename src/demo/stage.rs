//! The stage of the demo: servers, a configured desk that runs, and people's mailboxes.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::Context;
use tokio_util::sync::CancellationToken;

use super::mailbox::{Letter, Outgoing};
use super::{Dovecot, Postfix, PostfixOptions};
use crate::app;
use crate::clock::Clock;
use crate::config::Config;
use crate::mail::EmailAddress;
use crate::outbound::{DeliveryOutcome, SmtpConversation, SmtpSettings, SmtpTimeouts};
use crate::pipeline::Pipeline;
use crate::registry::Registry;
use crate::store::registry;
use crate::tls::Security;

/// The address customers write to.
pub(super) const CONTACT: &str = "aws_tec@desk.example";

/// The border's authserv-id.
const BORDER: &str = "mx.desk.example";

/// Everybody's password on the demo's servers.
pub(super) const PASSWORD: &str = "demo";

/// How long a mail may take before the demo calls it lost.
const PATIENCE: Duration = Duration::from_secs(30);

/// Who is registered.
const FILES: &[&str] = &[
    "id,name,name_kana,language,answer_mode\n\
     sample,株式会社サンプル商事,サンプルショウジ,ja,answer\n\
     north,北日本物産株式会社,キタニホンブッサン,ja,answer\n",
    "customer_id,address,person,person_name,department,language,account_scope,web,valid_from,valid_to\n\
     sample,sato@customer.example,,佐藤,情報システム部,,,yes,,\n\
     north,mori@north.example,,森,経理部,,,yes,,\n",
    "customer_id,account_id,label,starts,ends\n\
     sample,480913372265,本番,,\nsample,046425940015,検証,,\nnorth,731905824416,本番,,\n",
    "serial,name,addresses,desks,role\n\
     1,田中,tanaka@desk.example,technical account-and-billing contract,lead\n",
];

/// Everything that runs during the demo.
#[derive(Debug)]
pub(super) struct Stage {
    pub(super) pipeline: Arc<Pipeline>,
    pub(super) folder: tempfile::TempDir,
    pub(super) dovecot: Dovecot,
    postfix: Postfix,
    stop: CancellationToken,
    desk: Option<tokio::task::JoinHandle<anyhow::Result<()>>>,
    read: std::collections::BTreeMap<String, usize>,
}

impl Stage {
    /// Starts servers and desk.
    pub(super) async fn set() -> anyhow::Result<Self> {
        let dovecot = Dovecot::start(PASSWORD)?;
        let postfix = Postfix::start(&PostfixOptions {
            authserv_id: BORDER,
            domains: &[
                "desk.example",
                "customer.example",
                "north.example",
                "evil.example",
            ],
            lmtp_port: dovecot.lmtp_port(),
            auth_port: dovecot.auth_port(),
        })?;
        let folder = tempfile::Builder::new().prefix("madoguchi-demo-").tempdir()?;
        let config = write_configuration(folder.path(), &dovecot, &postfix)?;
        let database = app::open_database(&config).await?;
        let pipeline = Arc::new(app::build_pipeline(&config, database, Clock::system())?);
        let mut rows = Registry::default();
        for file in FILES {
            rows.read_file("demo", file.as_bytes())
                .map_err(|errors| anyhow::anyhow!("{errors:?}"))?;
        }
        let mut tx = pipeline.database.begin().await?;
        registry::import(&mut tx, &rows).await?;
        tx.commit().await?;
        let stop = CancellationToken::new();
        let (running, stopping) = (Arc::clone(&pipeline), stop.clone());
        let desk = tokio::spawn(async move { app::run(&config, running, stopping).await });
        Ok(Self {
            pipeline,
            folder,
            dovecot,
            postfix,
            stop,
            desk: Some(desk),
            read: std::collections::BTreeMap::new(),
        })
    }

    /// The configuration, for commands beside the running desk.
    pub(super) fn configuration(&self) -> std::path::PathBuf {
        self.folder.path().join("madoguchi.toml")
    }

    /// Sends as somebody outside, to the border.
    pub(super) async fn send_from_outside(&self, mail: &Outgoing<'_>) -> anyhow::Result<()> {
        self.send(mail, self.postfix.border_port(), None).await
    }

    /// Sends as a member of the desk who has signed in.
    pub(super) async fn send_signed_in(&self, mail: &Outgoing<'_>) -> anyhow::Result<()> {
        self.send(mail, self.postfix.submission_port(), Some(mail.from.1.to_owned()))
            .await
    }

    async fn send(&self, mail: &Outgoing<'_>, port: u16, user: Option<String>) -> anyhow::Result<()> {
        let settings = SmtpSettings {
            host: "127.0.0.1".to_owned(),
            port,
            security: Security::Plain,
            password: user.as_ref().map(|_| PASSWORD.to_owned().into()),
            user,
            ca_file: None,
            hello_name: "client.example".to_owned(),
            timeouts: SmtpTimeouts::default(),
        };
        let mut conversation = SmtpConversation::connect(&settings).await?;
        let (sender, recipient) = (EmailAddress::parse(mail.from.1)?, EmailAddress::parse(mail.to)?);
        let outcome = conversation
            .deliver(Some(&sender), &recipient, &mail.bytes(self.pipeline.clock.now()))
            .await;
        conversation.quit().await;
        match outcome {
            DeliveryOutcome::Accepted { .. } => Ok(()),
            DeliveryOutcome::Deferred { why }
            | DeliveryOutcome::Unknown { why }
            | DeliveryOutcome::Forbidden { reply: why }
            | DeliveryOutcome::Refused { reply: why } => {
                anyhow::bail!("the demo's own mail was not accepted: {why}")
            }
        }
    }

    /// The next mail in somebody's mailbox.
    pub(super) async fn next_letter(&mut self, user: &str) -> anyhow::Result<Letter> {
        let begun = Instant::now();
        let place = self.read.entry(user.to_owned()).or_insert(0);
        while begun.elapsed() < PATIENCE {
            let mails = self.dovecot.mails(user, "INBOX")?;
            if let Some(letter) = mails.get(*place).and_then(|bytes| Letter::read(bytes)) {
                *place = place.saturating_add(1);
                return Ok(letter);
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        anyhow::bail!("no mail arrived for {user} within {} seconds", PATIENCE.as_secs())
    }

    /// How many mails somebody has.
    pub(super) fn count(&self, user: &str) -> anyhow::Result<usize> {
        Ok(self.dovecot.mails(user, "INBOX")?.len())
    }

    /// Ends the desk, then the servers.
    pub(super) async fn strike(mut self) -> anyhow::Result<()> {
        self.stop.cancel();
        if let Some(desk) = self.desk.take() {
            desk.await.context("the desk panicked")??;
        }
        self.pipeline.database.close().await;
        Ok(())
    }
}

fn write_configuration(folder: &Path, dovecot: &Dovecot, postfix: &Postfix) -> anyhow::Result<Config> {
    let key: [u8; 32] = rand::random();
    std::fs::write(folder.join("password"), PASSWORD)?;
    std::fs::write(folder.join("token-key"), data_encoding::HEXLOWER.encode(&key))?;
    let root = folder.display();
    let text = format!(
        "[desk]\ncontact_address = \"{CONTACT}\"\nname = \"サンプルAWSサポート窓口\"\n\
         signature = \"サンプルAWSサポート窓口\"\nrelay_delay_seconds = 1\n\n\
         [database]\nurl = \"sqlite:{root}/desk.db\"\n\n\
         [imap]\nhost = \"127.0.0.1\"\nport = {}\nsecurity = \"plain\"\nuser = \"{CONTACT}\"\n\
         password_file = \"{root}/password\"\n\n\
         [smtp]\nhost = \"127.0.0.1\"\nport = {}\nsecurity = \"plain\"\nuser = \"{CONTACT}\"\n\
         password_file = \"{root}/password\"\n\n\
         [staff]\nanchor = \"authserv:{BORDER}\"\n\n[authentication]\nresolver = \"off\"\n\n[tokens]\nkey_file = \"{root}/token-key\"\n",
        dovecot.imap_port(),
        postfix.submission_port(),
    );
    let path = folder.join("madoguchi.toml");
    std::fs::write(&path, text)?;
    Ok(Config::load(&path)?)
}
