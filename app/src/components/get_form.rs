//! A search form whose fields become the query of the page's own address.
//!
//! The router's own form lower-cases the address it goes to, and instance IDs are case-sensitive.
use leptos::ev::{SubmitEvent, Targeted};
use leptos::prelude::*;
use leptos_router::NavigateOptions;
use leptos_router::hooks::{use_location, use_navigate, use_query_map};
use leptos_router::params::ParamsMap;

/// Without script the browser itself does the same.
///
/// `on_same`: runs when the address asks for that already, since nothing else would happen then.
#[component]
pub(crate) fn GetForm(
    class: &'static str,
    #[prop(optional, into)] on_same: Option<Callback<()>>,
    children: Children,
) -> impl IntoView {
    let pathname = use_location().pathname;
    let asked = use_query_map();
    let navigate = use_navigate();
    let submit = move |ev: Targeted<SubmitEvent, web_sys::HtmlFormElement>| {
        let fields = web_sys::FormData::new_with_form(&ev.target());
        let query = fields.and_then(|f| web_sys::UrlSearchParams::new_with_str_sequence_sequence(&f));
        let Ok(query) = query else { return };
        ev.prevent_default();
        if let Some(on_same) = on_same
            && asked.with_untracked(|asked| same(&pairs(&query), asked))
        {
            on_same.run(());
            return;
        }
        let to = format!("{}?{}", pathname.get_untracked(), String::from(query.to_string()));
        navigate(&to, NavigateOptions { scroll: false, ..Default::default() });
    };
    view! {
        <form method="GET" action=move || pathname.get() role="search" class=class on:submit:target=submit>
            {children()}
        </form>
    }
}

fn pairs(query: &web_sys::UrlSearchParams) -> Vec<(String, String)> {
    query
        .entries()
        .into_iter()
        .flatten()
        .filter_map(|pair| {
            let pair = js_sys::Array::from(&pair);
            Some((pair.get(0).as_string()?, pair.get(1).as_string()?))
        })
        .collect()
}

/// The address holds the same values for these fields, spaces around them aside. An empty field is like
/// none; what else the address holds does not count.
fn same(fields: &[(String, String)], asked: &ParamsMap) -> bool {
    fields.iter().all(|(name, value)| asked.get_str(name).unwrap_or_default().trim() == value.trim())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn asking_again_for_the_same_is_seen_whatever_else_the_address_holds() {
        let mut asked = ParamsMap::new();
        asked.insert("id".to_owned(), "7F00".to_owned());
        asked.insert("lang".to_owned(), "zh".to_owned());
        let fields = |id: &str| vec![("id".to_owned(), id.to_owned()), ("q".to_owned(), String::new())];
        assert!(same(&fields(" 7F00 "), &asked));
        assert!(!same(&fields("7F01"), &asked));
        assert!(!same(&fields(""), &asked));
    }
}
