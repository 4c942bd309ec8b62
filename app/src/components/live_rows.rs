//! A table whose rows are one figure, kept live: each row keeps its elements, and with them the focus
//! and what is selected, while its values change.
use std::collections::HashMap;
use std::hash::Hash;

use leptos::prelude::*;

use super::{Empty, StackTable, use_row};
use crate::api::Figure;
use crate::i18n::{figures as f, shell as t};
use crate::settings::use_lang;
use crate::time::{clock, use_zone};

/// What stands in the place of the table, and what stands above it.
#[derive(Clone, PartialEq)]
enum Shape {
    Unknown(String),
    Empty,
    /// Since when the rows are stale, and why.
    Rows(Option<(i64, String)>),
}

/// - `what`: what the rows are, for the text when they are not known.
/// - `key`: tells rows apart; equal ones are told apart by their order.
/// - `empty`: in place of the table when there are no rows.
/// - `heads`: the cells of the head.
/// - `row`: draws one row.
#[component]
pub(crate) fn LiveRows<T, K, E, H, R>(
    #[prop(into)] figure: Signal<Figure<Vec<T>>>,
    what: &'static str,
    key: fn(&T) -> K,
    empty: E,
    heads: H,
    row: R,
    #[prop(optional)] compact: bool,
) -> impl IntoView
where
    T: Clone + PartialEq + Send + Sync + 'static,
    K: Clone + Eq + Hash + Send + Sync + 'static,
    E: Fn() -> AnyView + Copy + Send + Sync + 'static,
    H: Fn() -> AnyView + Copy + Send + Sync + 'static,
    R: Fn(Memo<T>) -> AnyView + Copy + Send + Sync + 'static,
{
    let lang = use_lang();
    let zone = use_zone();
    let shape = Memo::new(move |_| {
        figure.with(|figure| match figure {
            Figure::Unknown(why) => Shape::Unknown(f::why(lang, *why).to_owned()),
            Figure::Value(rows) | Figure::Stale { value: rows, .. } if rows.is_empty() => Shape::Empty,
            Figure::Value(_) => Shape::Rows(None),
            Figure::Stale { since_ms, why, .. } => Shape::Rows(Some((*since_ms, f::why(lang, *why).to_owned()))),
        })
    });
    let keyed = Memo::new(move |_| figure.with(|f| keyed(f.value().map_or(&[], Vec::as_slice), key)));
    let keys = Memo::new(move |_| keyed.with(|rows| rows.0.clone()));
    let one = move |key| use_row(move || keyed.with(|rows| rows.1.get(&key).cloned())).map(row);
    let table = move || {
        view! {
            <StackTable heads=heads() compact>
                <For each=move || keys.get() key=Clone::clone children=one/>
            </StackTable>
        }
    };
    move || match shape.get() {
        Shape::Unknown(why) => view! { <Empty icon="unknown" title=t::could_not_read(lang, what) why/> }.into_any(),
        Shape::Empty => empty(),
        Shape::Rows(None) => table().into_any(),
        Shape::Rows(Some((since_ms, why))) => view! {
            <div class="barline" data-s="stale">
                {move || f::as_of(lang, clock(since_ms, zone.get()), &why)}
            </div>
            {table()}
        }
        .into_any(),
    }
}

/// A row's key, and how many rows before it have the same.
type Key<K> = (K, usize);

/// The keys in the order of the rows, and the rows by key.
fn keyed<T: Clone, K: Clone + Eq + Hash>(rows: &[T], key: fn(&T) -> K) -> (Vec<Key<K>>, HashMap<Key<K>, T>) {
    let mut seen: HashMap<K, usize> = HashMap::new();
    let mut order = Vec::with_capacity(rows.len());
    let mut found = HashMap::with_capacity(rows.len());
    for row in rows {
        let of = key(row);
        let before = seen.entry(of.clone()).or_default();
        let at = (of, *before);
        *before += 1;
        order.push(at.clone());
        found.insert(at, row.clone());
    }
    (order, found)
}

#[cfg(test)]
mod tests {
    use super::keyed;

    #[test]
    fn rows_with_the_same_key_are_all_kept_in_order() {
        let rows = [("a", 1), ("b", 2), ("a", 3)];
        let (order, found) = keyed(&rows, |row| row.0);
        assert_eq!(order, [("a", 0), ("b", 0), ("a", 1)]);
        assert_eq!(order.iter().map(|key| found[key].1).collect::<Vec<_>>(), [1, 2, 3]);
    }
}
