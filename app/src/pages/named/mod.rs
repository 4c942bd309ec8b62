//! What the pages about Topics and about Group IDs have in common: resources of an instance that have
//! a name. The list, creating, the description, deleting, the menu of a row, and the tabs of a page are
//! written here once.
//!
//! Must not know: message types, queues, protocols, what a subscription is.

mod create;
mod delete;
mod describe;
mod held;
mod list;
mod row;
mod tabs;

use std::future::Future;

use leptos::prelude::*;

pub(crate) use create::CreateForm;
pub(crate) use delete::{DeleteNamed, Stops, names};
pub(crate) use describe::EditDescription;
pub(crate) use list::{Listed, NamedPage};
pub(crate) use row::{MoreMenu, NamedTableRow, Refusable};
pub(crate) use tabs::StatusTabs;

use crate::api::{ApiError, Field, Rights};
use crate::components::live::LiveValue;
use crate::i18n::Lang;
use crate::pages::here::Here;

/// Ids of elements.
pub(crate) struct Ids {
    /// Its word in other ids.
    pub(crate) slug: &'static str,
    /// Fields of the form that creates one.
    pub(crate) name: &'static str,
    pub(crate) description: &'static str,
    pub(crate) edit: &'static str,
    pub(crate) edit_description: &'static str,
    pub(crate) delete: &'static str,
}

/// A Topic or a Group ID.
pub(crate) trait NamedRow: LiveValue {
    /// What a deletion would stop.
    type Impact: Clone + Send + Sync + 'static;
    const IDS: Ids;
    /// Its standard term, the same in singular and before a name.
    const KIND: fn(Lang) -> &'static str;
    /// What the server calls its name in a refusal.
    const NAME_FIELD: Field;

    fn name(&self) -> &str;
    /// Empty: none.
    fn description(&self) -> &str;
    fn created_at_ms(&self) -> i64;
    fn rights(&self) -> Rights;
    /// Address of its page.
    fn address(&self, here: Here) -> String;

    /// Saves another description.
    fn describe(
        instance: String,
        name: String,
        description: String,
    ) -> impl Future<Output = Result<Self, ApiError>> + Send + 'static;
    /// `typed`: its name, as the user typed it to confirm.
    fn delete(
        instance: String,
        name: String,
        typed: String,
    ) -> impl Future<Output = Result<(), ApiError>> + Send + 'static;
    fn impact(instance: String, name: String) -> impl Future<Output = Result<Self::Impact, ApiError>> + Send + 'static;
    fn stops(lang: Lang, impact: Self::Impact) -> Stops;
}

/// A dialog about one row: whether it is open, and which row it is about.
pub(crate) struct Chosen<T: Send + Sync + 'static> {
    pub(crate) open: RwSignal<bool>,
    pub(crate) of: RwSignal<Option<T>>,
}

impl<T: Send + Sync + 'static> Clone for Chosen<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T: Send + Sync + 'static> Copy for Chosen<T> {}

impl<T: Send + Sync + 'static> Default for Chosen<T> {
    fn default() -> Self {
        Self { open: RwSignal::new(false), of: RwSignal::new(None) }
    }
}

impl<T: NamedRow> Chosen<T> {
    /// Opens the dialog about `row`.
    pub(crate) fn choose(self, row: T) {
        self.of.set(Some(row));
        self.open.set(true);
    }

    /// Name of the row; empty while none was chosen.
    pub(crate) fn name(self) -> Signal<String> {
        Signal::derive(move || self.of.with(|of| of.as_ref().map(|row| row.name().to_owned()).unwrap_or_default()))
    }
}
