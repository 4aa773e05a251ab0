//! x
use clap::Args;
/// x
#[derive(Debug, Args)]
pub(super) struct InspectArguments {
    files: Vec<std::path::PathBuf>,
}
pub(super) fn inspect(_a: &InspectArguments) -> anyhow::Result<()> {
    Ok(())
}
