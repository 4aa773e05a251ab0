//! Takes up the files that staff edit while the desk runs: the rules and the list of restricted services. Comes
//! in: their contents, read again and again. Goes out: a new policy, swapped as a whole. A file that is not
//! good leaves what is in force as it is (SPEC §9).

use std::path::PathBuf;
use std::sync::{Arc, PoisonError};

use crate::config::Config;
use crate::inquiry::Policy;
use crate::inquiry::classification::Rules;
use crate::inquiry::restricted_services::RestrictedServices;
use crate::pipeline::Pipeline;

/// Looks at the files of one desk.
#[derive(Debug)]
pub struct PolicyWatch {
    rules: Watched,
    restricted: Watched,
}

/// One file and what was last seen of it.
#[derive(Debug)]
struct Watched {
    path: Option<PathBuf>,
    /// The text that is in force or was refused; the file is looked at again when it says something else.
    seen: Option<Result<String, String>>,
}

/// What one look has found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Noticed {
    /// A changed file is in force now.
    Taken(PathBuf),
    /// A changed file was refused, for this reason; it is told once.
    Refused(PathBuf, String),
}

impl PolicyWatch {
    /// Watches the files of the configuration, which the pipeline was built from just now.
    pub fn new(config: &Config) -> Self {
        let watched = |path: &Option<PathBuf>| {
            let mut file = Watched {
                path: path.clone(),
                seen: None,
            };
            file.seen = file.read();
            file
        };
        Self {
            rules: watched(&config.files.rules),
            restricted: watched(&config.files.restricted_services),
        }
    }

    /// Reads both files once and puts in force what has changed and is good.
    pub fn step(&mut self, pipeline: &Pipeline) -> Vec<Noticed> {
        let rules = self.rules.look(|text| {
            let rules = Rules::parse_checked(text).map_err(|error| error.to_string())?;
            swap(pipeline, |policy| policy.rules = Arc::new(rules));
            Ok(())
        });
        let restricted = self.restricted.look(|text| {
            let list = RestrictedServices::parse(text).map_err(|error| error.to_string())?;
            swap(pipeline, |policy| policy.restricted = Arc::new(list));
            Ok(())
        });
        rules.into_iter().chain(restricted).collect()
    }
}

impl Watched {
    fn read(&self) -> Option<Result<String, String>> {
        let path = self.path.as_ref()?;
        Some(std::fs::read_to_string(path).map_err(|error| error.to_string()))
    }

    fn look(&mut self, take: impl FnOnce(&str) -> Result<(), String>) -> Option<Noticed> {
        let path = self.path.clone()?;
        let now = self.read();
        if now == self.seen {
            return None;
        }
        let taken = match &now {
            Some(Ok(text)) => take(text),
            Some(Err(error)) => Err(error.clone()),
            None => return None,
        };
        self.seen = now;
        Some(match taken {
            Ok(()) => Noticed::Taken(path),
            Err(problem) => Noticed::Refused(path, problem),
        })
    }
}

/// Swaps the policy for one with a change; mails under way keep the one they began with.
fn swap(pipeline: &Pipeline, change: impl FnOnce(&mut Policy)) {
    let mut policy = pipeline.policy.write().unwrap_or_else(PoisonError::into_inner);
    let mut changed = Policy::clone(&policy);
    change(&mut changed);
    *policy = Arc::new(changed);
}

/// Looks once, off the async threads, and logs what was found.
pub(super) async fn look(mut watch: PolicyWatch, pipeline: Arc<Pipeline>) -> Option<PolicyWatch> {
    let looked = tokio::task::spawn_blocking(move || {
        let noticed = watch.step(&pipeline);
        (watch, noticed)
    });
    let (watch, noticed) = looked.await.ok()?;
    for one in noticed {
        match one {
            Noticed::Taken(file) => tracing::info!(file = %file.display(), "a changed file is in force"),
            Noticed::Refused(file, problem) => tracing::error!(file = %file.display(), %problem,
                "a changed file is refused; what was in force stays"),
        }
    }
    Some(watch)
}
