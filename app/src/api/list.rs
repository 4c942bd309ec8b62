//! Lists: what is asked (search, order, page; all of it lies in the page's address), a page of the
//! answer, and the answer about resources with a name.

use serde::{Deserialize, Serialize};

/// What a list shows. The server searches, sorts and cuts.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Listing {
    /// Part of a name or description, case ignored; empty: all.
    pub search: String,
    /// Column, by the name the list gives it; an unknown one means the list's own order.
    pub sort: String,
    pub descending: bool,
    /// From 1; past the end gives the last page.
    pub page: u32,
    /// 10, 20, 50 or 100; anything else means 20.
    pub per_page: u32,
}

impl Default for Listing {
    fn default() -> Self {
        Self { search: String::new(), sort: String::new(), descending: false, page: 1, per_page: 20 }
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Page<T> {
    pub rows: Vec<T>,
    /// Rows that match the search.
    pub total: u32,
    /// Rows without the search: tells "nothing exists" from "nothing matches".
    pub total_unfiltered: u32,
    /// The page this is, from 1.
    pub page: u32,
    pub per_page: u32,
}

/// A page of the resources of one kind in an instance, Topics or Group IDs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NamedList<T, C = ()> {
    pub page: Page<T>,
    /// Most of them in an instance.
    pub max: u32,
    pub may_create: bool,
    /// Further counts of the instance, without search.
    pub counts: C,
}
