//! `madoguchi staff`: whose mail may be relayed, and probes that let staff prove theirs (SPEC §6).

use super::arguments::StaffCommand;
use super::screen::say;
use crate::pipeline::Pipeline;

/// Lists, or sends probes.
pub(super) async fn staff(pipeline: &Pipeline, command: &StaffCommand) -> anyhow::Result<()> {
    match command {
        StaffCommand::List => {
            for one in pipeline.list_standing().await? {
                let state = if one.proven { "proven" } else { "not proven" };
                say(format!(
                    "{:4}  {state:10}  {}  {}",
                    one.serial, one.address, one.name
                ));
            }
            Ok(())
        }
        StaffCommand::Probe { address } => {
            let asked = pipeline.send_probes(address.as_ref()).await?;
            if let (Some(address), true) = (address, asked.is_empty()) {
                anyhow::bail!(
                    "{address} is no address of an enabled staff member; `madoguchi staff list` shows them"
                );
            }
            for address in &asked {
                say(format!(
                    "a probe goes to {address}; relay is on once it is answered from there"
                ));
            }
            if asked.is_empty() {
                say("every staff address has been proven");
            }
            Ok(())
        }
    }
}

/// Says which addresses have not been proven, where there are any.
pub(super) async fn unproven(pipeline: &Pipeline) -> anyhow::Result<()> {
    let all = pipeline.list_standing().await?;
    let open: Vec<&str> = all
        .iter()
        .filter(|one| !one.proven)
        .map(|one| one.address.as_str())
        .collect();
    if !open.is_empty() {
        say(format!(
            "nothing of these staff addresses is relayed before they answer a probe: {}; send it with `madoguchi staff probe`",
            open.join(", ")
        ));
    }
    Ok(())
}
