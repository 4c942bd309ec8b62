//! A step between pages of a search that has no total: Newer and Older.
use leptos::prelude::*;

use super::Icon;

/// `to`: the address; without one the step stands there, disabled.
pub(crate) fn step(name: &'static str, icon: &'static str, to: Option<String>) -> AnyView {
    match to {
        Some(href) => view! {
            <a class="btn btn-sm" href=href>
                <Icon name=icon/>
                {name}
            </a>
        }
        .into_any(),
        None => view! {
            <button class="btn btn-sm" type="button" disabled>
                <Icon name=icon/>
                {name}
            </button>
        }
        .into_any(),
    }
}
