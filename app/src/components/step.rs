//! Steps between the pages of a search that has no total: Newer and Older.
use leptos::prelude::*;

use super::Icon;
use crate::i18n::common as c;
use crate::settings::use_lang;

/// Between the cursors of a trail; no cursor has it.
const SEPARATOR: char = '~';

/// Where a page stands in its search. Both lie in the address, so that Newer goes back over a reload too.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Trail {
    /// Cursor of this page; empty: the newest.
    pub(crate) at: String,
    /// Cursors of the pages before this one, newest first.
    pub(crate) before: String,
}

impl Trail {
    /// The page before this one; `None` for the newest.
    fn newer(&self) -> Option<Self> {
        if self.at.is_empty() {
            return None;
        }
        let (at, before) = self.before.split_once(SEPARATOR).unwrap_or((&self.before, ""));
        Some(Self { at: at.to_owned(), before: before.to_owned() })
    }

    /// The page that starts at the cursor `older`.
    fn older(&self, older: String) -> Self {
        let Self { at, before } = self;
        let before = if before.is_empty() { at.clone() } else { format!("{at}{SEPARATOR}{before}") };
        Self { at: older, before }
    }
}

/// - `label`: what the pages are of.
/// - `older`: cursor of the next page, where there is one.
/// - `link`: address of a page.
pub(crate) fn steps(
    label: &'static str,
    here: &Trail,
    older: Option<String>,
    link: impl Fn(&Trail) -> String,
) -> AnyView {
    let lang = use_lang();
    let newer = here.newer().map(|to| link(&to));
    let older = older.map(|cursor| link(&here.older(cursor)));
    view! {
        <nav class="pager" aria-label=label>
            {step(c::newer(lang), "left", newer)} {step(c::older(lang), "right", older)}
        </nav>
    }
    .into_any()
}

/// `to`: the address; without one the step stands there, disabled.
///
/// - `icon`: stands on the side that it points to.
fn step(name: &'static str, icon: &'static str, to: Option<String>) -> AnyView {
    let before = (icon == "left").then(|| view! { <Icon name=icon/> });
    let after = (icon != "left").then(|| view! { <Icon name=icon/> });
    match to {
        Some(href) => view! {
            <a class="btn btn-sm" href=href>
                {before}
                {name}
                {after}
            </a>
        }
        .into_any(),
        None => view! {
            <button class="btn btn-sm" type="button" disabled>
                {before}
                {name}
                {after}
            </button>
        }
        .into_any(),
    }
}

#[cfg(test)]
mod tests {
    use super::Trail;

    #[test]
    fn newer_goes_back_the_way_that_older_went() {
        let newest = Trail { at: String::new(), before: String::new() };
        let second = newest.older("b".to_owned());
        let third = second.older("c".to_owned());
        assert_eq!((third.at.as_str(), third.before.as_str()), ("c", "b"));
        assert_eq!(third.newer(), Some(second.clone()));
        assert_eq!(second.newer(), Some(newest.clone()));
        assert_eq!(newest.newer(), None);
    }
}
