//! The two tabs of a resource's own page. Which one is open lies in the address.
use leptos::prelude::*;
use leptos_router::hooks::use_query_map;

const TAB: &str = "tab";
const SUBSCRIPTION: &str = "subscription";

/// - `link`: address of the page, which opens the first tab.
/// - `status`, `subscription`: title of each tab, and what it shows.
#[component]
pub(crate) fn StatusTabs<S, B>(
    link: String,
    status: (&'static str, S),
    subscription: (&'static str, B),
) -> impl IntoView
where
    S: Fn() -> AnyView + Send + 'static,
    B: Fn() -> AnyView + Send + 'static,
{
    let query = use_query_map();
    let on_subscription = Memo::new(move |_| query.with(|q| q.get(TAB).as_deref() == Some(SUBSCRIPTION)));
    let (status_title, show_status) = status;
    let (subscription_title, show_subscription) = subscription;
    let subscription_link = format!("{link}?{TAB}={SUBSCRIPTION}");
    view! {
        <nav class="tabs">
            <a class="tab" href=link aria-current=move || (!on_subscription.get()).then_some("page")>
                {status_title}
            </a>
            <a class="tab" href=subscription_link aria-current=move || on_subscription.get().then_some("page")>
                {subscription_title}
            </a>
        </nav>
        {move || if on_subscription.get() { show_subscription() } else { show_status() }}
    }
    .into_any()
}
