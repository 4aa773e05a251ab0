//! One round: a fresh desk, mails that keep coming, kills one after another, then peace until nothing is
//! left to do, and the judge.

use std::time::{Duration, Instant};

use anyhow::Context as _;
use madoguchi::failpoints::{Fault, Point};

use super::audit::{Tally, differences, tally};
use super::books::Reader;
use super::chance::Chance;
use super::inquiries::{Inquiry, inquiry};
use super::program::{End, Program, Setting};
use super::sink::Sink;
use super::stage::Stage;

/// How long a desk may take until it comes to a point it was told to die at: mails are fed meanwhile, so
/// each is come to soon, or it does not lie on the way at all.
const POINT_WITHIN: Duration = Duration::from_mins(1);

/// How often a desk that has not come to its point is given one more mail.
const FEED_EVERY: Duration = Duration::from_secs(1);

/// How long the desk may take in peace until all is done: above the hastened lease, the further attempt,
/// and some refusals after another.
const PEACE_WITHIN: Duration = Duration::from_mins(3);

/// How long the desk runs in peace before it is stopped in order and begun again: a further attempt that
/// has become due is found by a new process at once, by a running one within five seconds.
const PEACE_PART: Duration = Duration::from_millis(1_500);

/// How a process is ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kill {
    /// By itself.
    At {
        /// Where.
        point: Point,
        /// Whether the very first time it comes there; else at one of the first times.
        first: bool,
    },
    /// By us, at a random moment.
    Random,
}

impl Kill {
    const fn point(self) -> Option<Point> {
        match self {
            Self::At { point, .. } => Some(point),
            Self::Random => None,
        }
    }
}

/// What a round does.
#[derive(Debug, Clone)]
pub(crate) struct Round {
    /// Beside the kind of database, what its random numbers come from.
    pub(crate) seed: u64,
    /// How many mails are written at least; a few more where a point needs them.
    pub(crate) mails: usize,
    /// The kills; their order is random.
    pub(crate) kills: Vec<Kill>,
    /// A random kill comes within so many milliseconds after the start.
    pub(crate) within_millis: u64,
    /// What is wrong with the program.
    pub(crate) fault: Option<Fault>,
}

/// What came of it.
#[derive(Debug, Clone, serde::Serialize, serde::Deserialize)]
pub(crate) struct Report {
    /// The numbers.
    pub(crate) tally: Tally,
    /// Processes that were killed.
    pub(crate) kills: usize,
    /// Mails that were set aside after three interrupted attempts, and taken by hand.
    pub(crate) set_aside: usize,
    /// What is not as it was promised.
    pub(crate) differences: Vec<String>,
    /// From the first process to the judge.
    pub(crate) seconds: u64,
}

/// Plays a round.
pub(crate) async fn play(stage: &Stage, round: &Round) -> anyhow::Result<Report> {
    let begun = Instant::now();
    let sink = Sink::start(round.seed).await?;
    let name = format!("round_{}", round.seed);
    let mailbox = format!("{name}@desk.example");
    let setting = Setting {
        name,
        // Points that are hard to come to ask for more mails than were planned.
        customers: round.mails + 100,
        fault: round.fault,
    };
    let program = Program::configure(stage, sink.port(), &mailbox, &setting)?;
    let mut play = Play {
        stage,
        program,
        mailbox,
        chance: Chance::new(round.seed),
        written: Vec::new(),
        within_millis: round.within_millis,
    };
    let kills = play.tear_down_and_build_up(round).await?;
    let set_aside = play.peace().await?;
    let reader = Reader::open(&play.program.database).await?;
    let (books, seen) = (reader.read().await?, sink.seen());
    Ok(Report {
        tally: tally(&play.written, &books, &seen),
        kills,
        set_aside,
        differences: differences(&play.written, &books, &seen),
        seconds: begun.elapsed().as_secs(),
    })
}

struct Play<'a> {
    stage: &'a Stage,
    program: Program,
    mailbox: String,
    chance: Chance,
    written: Vec<Inquiry>,
    within_millis: u64,
}

impl Play<'_> {
    async fn tear_down_and_build_up(&mut self, round: &Round) -> anyhow::Result<usize> {
        let mut kills = round.kills.clone();
        self.chance.shuffle(&mut kills);
        let (schema, kills): (Vec<Kill>, Vec<Kill>) = kills
            .into_iter()
            .partition(|kill| kill.point() == Some(Point::BetweenMigrations));
        let mut killed = 0;
        for _ in &schema {
            let steps = u32::try_from(1 + self.chance.below(3))?;
            let end = self.program.migrate(Some(steps)).await?;
            anyhow::ensure!(end == End::Killed, "the schema was made in one go");
            killed += 1;
        }
        self.program.migrate(None).await?;
        self.program.import_registry().await?;
        let mut left = kills.len();
        for kill in kills {
            let share = round
                .mails
                .saturating_sub(self.written.len())
                .div_ceil(left.max(1));
            left = left.saturating_sub(1);
            self.kill(kill, share).await?;
            killed += 1;
        }
        Ok(killed)
    }

    /// One life of the desk: some mails wait when it begins, the others come while it works.
    async fn kill(&mut self, kill: Kill, mails: usize) -> anyhow::Result<()> {
        if let Some(point @ (Point::Stopping | Point::Stopped)) = kill.point() {
            return self.kill_while_stopping(point, mails).await;
        }
        for _ in 0..mails / 2 {
            self.write()?;
        }
        let fail_at = match kill {
            Kill::Random => None,
            Kill::At { point, first: true } => Some((point, 1)),
            Kill::At { point, first: false } => Some((point, self.time_for(point)?)),
        };
        let mut child = self.program.run(fail_at)?;
        let at = Duration::from_millis(self.chance.below(self.within_millis));
        for _ in mails / 2..mails {
            self.write()?;
        }
        if kill == Kill::Random {
            tokio::time::sleep(at).await;
            child.start_kill()?;
        }
        let begun = Instant::now();
        loop {
            if tokio::time::timeout(FEED_EVERY, child.wait()).await.is_ok() {
                break;
            }
            anyhow::ensure!(
                begun.elapsed() < POINT_WITHIN,
                "{kill:?} was never come to; {}",
                self.program.log_end()
            );
            self.write()?;
        }
        let end = self.program.end_of(child).await;
        let end = end.with_context(|| format!("{kill:?}"))?;
        anyhow::ensure!(end == End::Killed, "{kill:?}: the desk ended as {end:?}");
        Ok(())
    }

    /// A life that ends while it is being ended in order, somewhere in the work of these mails.
    async fn kill_while_stopping(&mut self, point: Point, mails: usize) -> anyhow::Result<()> {
        let mut after = Duration::from_millis(100 + self.chance.below(self.within_millis));
        for _ in 0..mails {
            self.write()?;
        }
        loop {
            let child = self.program.run(Some((point, 1)))?;
            tokio::time::sleep(after).await;
            terminate(&child).await?;
            match self.program.end_of(child).await? {
                End::Killed => return Ok(()),
                // It was still opening its books, and has not heard of stopping in order yet.
                End::Terminated => after *= 2,
                End::Done => anyhow::bail!("{point} was passed"),
            }
        }
    }

    /// At which time of coming to a point the desk dies. Where each mail comes to it, any of the first few;
    /// elsewhere the first, which is rare enough.
    fn time_for(&mut self, point: Point) -> anyhow::Result<u32> {
        let most = match point {
            Point::MidFetch | Point::InParsing => 6,
            Point::AfterMail
            | Point::AfterRcpt
            | Point::AfterData
            | Point::MidData
            | Point::AfterDot
            | Point::AfterAcceptance
            | Point::BeforeUpdate => 4,
            Point::AfterListing
            | Point::BeforeKeep
            | Point::AfterKeep
            | Point::BeforeTakeThrough
            | Point::AfterTakeThrough
            | Point::BeforeMove
            | Point::AfterMove
            | Point::AfterClaim
            | Point::BetweenMigrations
            | Point::Stopping
            | Point::Stopped => 1,
        };
        Ok(u32::try_from(1 + self.chance.below(most))?)
    }

    fn write(&mut self) -> anyhow::Result<()> {
        let inquiry = inquiry(self.written.len());
        self.stage.dovecot.deliver(&self.mailbox, &inquiry.bytes)?;
        self.written.push(inquiry);
        Ok(())
    }

    /// Lets the desk work, stopping it in order now and then, until nothing is left to do. Gives how many
    /// mails had to be taken out of quarantine by hand.
    async fn peace(&mut self) -> anyhow::Result<usize> {
        let reader = Reader::open(&self.program.database).await?;
        let begun = Instant::now();
        let (mut set_aside, mut part) = (0, PEACE_PART);
        loop {
            let child = self.program.run(None)?;
            tokio::time::sleep(part).await;
            terminate(&child).await?;
            match self.program.end_of(child).await? {
                End::Done => {}
                // A busy machine: it was still opening its books.
                End::Terminated => part *= 2,
                End::Killed => anyhow::bail!("a desk that was told to stop was killed"),
            }
            let (unfinished, kept) = (reader.unfinished().await?, reader.kept().await?);
            let waiting = self.stage.dovecot.mails(&self.mailbox, "INBOX")?.len();
            if unfinished == 0 && waiting == 0 && kept >= i64::try_from(self.written.len())? {
                let retried = self.retry_quarantined(&reader).await?;
                set_aside += retried;
                if retried == 0 {
                    return Ok(set_aside);
                }
            }
            anyhow::ensure!(
                begun.elapsed() < PEACE_WITHIN,
                "{unfinished} of {kept} mails and their letters are not done, {waiting} wait; {}",
                self.program.log_end()
            );
        }
    }

    /// Three kills while one mail is being read look like a mail that kills: a person decides.
    async fn retry_quarantined(&self, reader: &Reader) -> anyhow::Result<usize> {
        let quarantined = reader.quarantined().await?;
        for id in &quarantined {
            self.program.retry(*id).await?;
        }
        Ok(quarantined.len())
    }
}

/// Asks a process to stop, as `systemctl stop` does.
async fn terminate(child: &tokio::process::Child) -> anyhow::Result<()> {
    let Some(pid) = child.id() else { return Ok(()) };
    tokio::process::Command::new("kill")
        .args(["-TERM", &pid.to_string()])
        .status()
        .await?;
    Ok(())
}
