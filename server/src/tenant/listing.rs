//! Search, sort and pages of lists.

use super::limits::PAGE_MAX;

/// What a list is ordered by.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Order {
    #[default]
    Name,
    Created,
}

/// What part of a list is wanted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListQuery {
    /// Anywhere in name or description, whatever the case; empty: all.
    pub search: String,
    pub order: Order,
    pub descending: bool,
    /// From 0. Beyond the last: an empty page.
    pub page: usize,
    /// 1..=100
    pub page_size: usize,
}

impl Default for ListQuery {
    fn default() -> Self {
        Self { search: String::new(), order: Order::Name, descending: false, page: 0, page_size: PAGE_MAX }
    }
}

/// A part of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListPage<T> {
    pub rows: Vec<T>,
    /// Rows that match, on all pages.
    pub total: usize,
}

/// What a list looks at in its rows.
pub trait Listed {
    fn name(&self) -> &str;
    fn description(&self) -> &str;
    fn created_at_ms(&self) -> i64;
}

/// The part of `rows` that `query` asks for.
pub fn select<T: Listed>(rows: Vec<T>, query: &ListQuery) -> ListPage<T> {
    let search = query.search.trim().to_lowercase();
    let matches = |row: &T| {
        search.is_empty()
            || row.name().to_lowercase().contains(&search)
            || row.description().to_lowercase().contains(&search)
    };
    let mut rows: Vec<T> = rows.into_iter().filter(matches).collect();
    rows.sort_by(|a, b| {
        let order = match query.order {
            Order::Name => a.name().cmp(b.name()),
            Order::Created => a.created_at_ms().cmp(&b.created_at_ms()).then_with(|| a.name().cmp(b.name())),
        };
        if query.descending { order.reverse() } else { order }
    });
    let total = rows.len();
    let size = query.page_size.clamp(1, PAGE_MAX);
    let rows = rows.into_iter().skip(query.page.saturating_mul(size)).take(size).collect();
    ListPage { rows, total }
}

#[cfg(test)]
mod tests {
    use super::*;

    impl Listed for (&'static str, &'static str, i64) {
        fn name(&self) -> &str {
            self.0
        }
        fn description(&self) -> &str {
            self.1
        }
        fn created_at_ms(&self) -> i64 {
            self.2
        }
    }

    fn names(query: ListQuery) -> (Vec<&'static str>, usize) {
        let page = select(vec![("b", "Orders", 1), ("c", "", 3), ("a", "orders too", 2)], &query);
        (page.rows.into_iter().map(|row| row.0).collect(), page.total)
    }

    #[test]
    fn a_list_is_searched_sorted_and_paged() {
        let all = ListQuery::default();
        assert_eq!(names(all.clone()), (vec!["a", "b", "c"], 3));
        assert_eq!(names(ListQuery { search: " ORDERS ".to_owned(), ..all.clone() }), (vec!["a", "b"], 2));
        assert_eq!(
            names(ListQuery { order: Order::Created, descending: true, ..all.clone() }),
            (vec!["c", "a", "b"], 3)
        );
        assert_eq!(names(ListQuery { page: 1, page_size: 2, ..all.clone() }), (vec!["c"], 3));
        assert_eq!(names(ListQuery { page: usize::MAX, page_size: 2, ..all }), (vec![], 3));
    }
}
