//! Search, order and page of a list, the same for every list.

use app::api::{Listing, Page};

use super::convert::count;
use crate::tenant::named::Named;

/// Rows a page may have; anything else means the first of them.
const SIZES: [u32; 4] = [20, 10, 50, 100];

/// Cuts one page out of all rows.
///
/// - `rows`: all rows that the caller may see, in any order.
/// - `texts`: what the search looks through, case ignored.
/// - `order`: of two rows, by the listing's column, ascending.
pub(super) fn page<T, const TEXTS: usize>(
    rows: Vec<T>,
    listing: &Listing,
    texts: impl Fn(&T) -> [&str; TEXTS],
    order: impl Fn(&T, &T) -> std::cmp::Ordering,
) -> Page<T> {
    let total_unfiltered = count(&rows);
    let wanted = listing.search.trim().to_lowercase();
    let mut rows: Vec<T> = rows
        .into_iter()
        .filter(|row| wanted.is_empty() || texts(row).iter().any(|text| text.to_lowercase().contains(&wanted)))
        .collect();
    rows.sort_by(|a, b| if listing.descending { order(b, a) } else { order(a, b) });
    let total = count(&rows);
    let per_page = if SIZES.contains(&listing.per_page) { listing.per_page } else { SIZES[0] };
    let last = total.div_ceil(per_page).max(1);
    let page = listing.page.clamp(1, last);
    let skipped = usize::try_from(u64::from(page - 1) * u64::from(per_page)).unwrap_or(usize::MAX);
    let rows = rows.into_iter().skip(skipped).take(per_page as usize).collect();
    Page { rows, total, total_unfiltered, page, per_page }
}

/// The same page with its rows made into something else.
pub(super) fn map<T, U>(page: Page<T>, make: impl FnMut(T) -> U) -> Page<U> {
    let Page { rows, total, total_unfiltered, page, per_page } = page;
    Page { rows: rows.into_iter().map(make).collect(), total, total_unfiltered, page, per_page }
}

/// The order of two by a column that every list of names has: `created`, else the name.
pub(super) fn order<T: Named>(sort: &str, a: &T, b: &T) -> std::cmp::Ordering {
    let by_name = a.name().cmp(b.name());
    if sort == "created" { a.created_at_ms().cmp(&b.created_at_ms()).then(by_name) } else { by_name }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(listing: &Listing) -> Page<String> {
        let rows = (1..=45).map(|n| format!("Topic{n:02}")).rev().collect();
        page(rows, listing, |row| [row.as_str(), ""], |a, b| a.cmp(b))
    }

    #[test]
    fn a_page_past_the_end_is_the_last_one() {
        let found = names(&Listing { page: 9, ..Listing::default() });
        assert_eq!((found.page, found.total, found.rows.len()), (3, 45, 5));
        assert_eq!(found.rows[0], "Topic41");
    }

    #[test]
    fn a_search_ignores_case_and_keeps_the_count_of_all() {
        let found = names(&Listing { search: " TOPIC1 ".into(), descending: true, ..Listing::default() });
        assert_eq!((found.total, found.total_unfiltered), (10, 45));
        assert_eq!(found.rows[0], "Topic19");
    }

    #[test]
    fn an_unknown_page_size_means_twenty_and_page_zero_the_first() {
        let found = names(&Listing { page: 0, per_page: 7, ..Listing::default() });
        assert_eq!((found.page, found.per_page, found.rows.len()), (1, 20, 20));
    }

    #[test]
    fn nothing_found_is_one_empty_page() {
        let found = names(&Listing { search: "x".into(), ..Listing::default() });
        assert_eq!((found.page, found.total, found.rows.len()), (1, 0, 0));
    }
}
