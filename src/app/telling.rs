//! Says why a loop's work failed. Comes in: the failure. Goes out: one line of the log; of storage that is full or
//! broken, which all loops meet again and again, one line when it begins and one when it is over.

use crate::pipeline::{Pipeline, PipelineError};

/// Logs a failure of the work that `what` names.
pub(super) fn tell(pipeline: &Pipeline, error: &PipelineError, what: &str) {
    if !error.is_storage_trouble() {
        tracing::error!(%error, "{what}");
    } else if pipeline.storage.begins_trouble() {
        tracing::error!(
            %error,
            "STORAGE: the desk has stopped taking mail, which waits in the mailbox; make room where the database \
             lies, or put the disk right, and it goes on by itself"
        );
    } else {
        tracing::debug!(%error, "{what}");
    }
}

/// Logs that storage works again, where it had failed.
pub(super) fn tell_recovered(pipeline: &Pipeline) {
    if pipeline.storage.ends_trouble() {
        tracing::info!("STORAGE: it works again; mail is being taken");
    }
}
