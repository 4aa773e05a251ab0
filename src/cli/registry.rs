//! `madoguchi registry`: CSV in and out, all or nothing.

use std::path::{Path, PathBuf};

use anyhow::Context;

use super::arguments::RegistryCommand;
use super::screen::say;
use crate::pipeline::Pipeline;
use crate::registry::{AnswerMode, Customer, Registry, Table};
use crate::store::{Database, registry as rows};

/// Imports or exports.
pub(super) async fn registry(pipeline: &Pipeline, command: &RegistryCommand) -> anyhow::Result<()> {
    match command {
        RegistryCommand::Import { files } => {
            import(pipeline, files).await?;
            // A new address relays nothing before it has answered; whoever imports it should hear so.
            super::staff::unproven(pipeline).await
        }
        RegistryCommand::Export { directory } => export(&pipeline.database, directory).await,
    }
}

async fn import(pipeline: &Pipeline, files: &[PathBuf]) -> anyhow::Result<()> {
    let mut registry = Registry::default();
    let mut problems = Vec::new();
    for file in files {
        let bytes = std::fs::read(file).with_context(|| file.display().to_string())?;
        if let Err(errors) = registry.read_file(&file.display().to_string(), &bytes) {
            problems.extend(errors.iter().map(ToString::to_string));
        }
    }
    let mut tx = pipeline.database.begin().await?;
    if problems.is_empty() {
        problems.extend(registry.conflicts(&rows::list_customer_ids(&mut tx).await?));
        if pipeline.settings.page_url.is_none() {
            problems.extend(notice_without_page(&registry.customers));
        }
    }
    for problem in &problems {
        say(problem);
    }
    anyhow::ensure!(
        problems.is_empty(),
        "nothing was imported; correct the {} problems above and import again",
        problems.len()
    );
    rows::import(&mut tx, &registry).await?;
    tx.commit().await?;
    say(format!(
        "imported {} customers, {} contacts, {} accounts, {} staff",
        registry.customers.len(),
        registry.contacts.len(),
        registry.accounts.len(),
        registry.staff.len()
    ));
    Ok(())
}

/// Customers who would be told that an answer is registered, and not where: nothing can be read without a page.
pub(super) fn notice_without_page(customers: &[Customer]) -> Option<String> {
    let notified = customers
        .iter()
        .filter(|customer| customer.answer_mode == AnswerMode::Notice);
    let names: Vec<&str> = notified.map(|customer| customer.id.as_str()).collect();
    (!names.is_empty()).then(|| {
        format!(
            "answer_mode `notice` of {} tells customers only that an answer is registered, with a link to the support page, and no page is configured, so they could never read it; set [desk] page_url, or answer_mode to `answer`",
            names.join(", ")
        )
    })
}

async fn export(database: &Database, directory: &Path) -> anyhow::Result<()> {
    let mut tx = database.read().await?;
    let registry = Registry {
        customers: rows::list_customers(&mut tx).await?,
        contacts: rows::list_contacts(&mut tx).await?,
        accounts: rows::list_accounts(&mut tx).await?,
        staff: rows::list_staff(&mut tx).await?,
    };
    std::fs::create_dir_all(directory).with_context(|| directory.display().to_string())?;
    for table in Table::ALL {
        let file = directory.join(format!("{table}.csv"));
        // Spreadsheets know UTF-8 by its byte order mark.
        let text = format!("\u{feff}{}", registry.write_file(*table)?);
        std::fs::write(&file, text).with_context(|| file.display().to_string())?;
        say(file.display().to_string());
    }
    Ok(())
}
