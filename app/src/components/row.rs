//! Rows of a live list: each keeps its elements, and with them the focus and the pointer, while its
//! values change.
use leptos::prelude::*;

/// The row that `find` gives out of the list; `None` where there is none to begin with. A row that is
/// about to go keeps what it showed.
pub(crate) fn use_row<T>(find: impl Fn() -> Option<T> + Send + Sync + 'static) -> Option<Memo<T>>
where
    T: Clone + PartialEq + Send + Sync + 'static,
{
    let first = untrack(&find)?;
    Some(Memo::new(move |before: Option<&T>| find().or_else(|| before.cloned()).unwrap_or_else(|| first.clone())))
}
