//! The document around every page, and the table of routes.
use leptos::prelude::*;
use leptos_meta::{MetaTags, Title, provide_meta_context};
use leptos_router::components::{ParentRoute, Route, Router, Routes};
use leptos_router::{SsrMode, path};

use crate::components::toast::ToastList;
use crate::frame::SignedIn;
use crate::pages;
use crate::settings::Settings;
use crate::time::ZoneSignal;

/// The HTML document. Everything that decides how a page looks is written here, by the server, so
/// that the first paint is right.
pub fn shell(options: LeptosOptions) -> impl IntoView {
    let settings = Settings::for_document();
    let css = format!("/pkg/{}.css", options.output_name);
    view! {
        <!DOCTYPE html>
        <html
            lang=settings.lang.tag()
            data-theme=settings.theme.attribute()
            data-utc=settings.utc.then_some("")
            data-tz=(settings.zone_minutes != 0).then(|| settings.zone_minutes.to_string())
        >
            <head>
                <meta charset="utf-8"/>
                <meta name="viewport" content="width=device-width, initial-scale=1"/>
                <meta name="color-scheme" content="light dark"/>
                <link rel="icon" href="/favicon.svg" type="image/svg+xml"/>
                <link rel="stylesheet" href=css/>
                <HydrationScripts options/>
                <MetaTags/>
            </head>
            <body>
                <App/>
            </body>
        </html>
    }
}

#[component]
pub fn App() -> impl IntoView {
    provide_meta_context();
    let settings = Settings::of_page();
    provide_context(settings);
    ZoneSignal::provide(settings);
    ToastList::provide();
    view! {
        <Title text="" formatter=|text: String| if text.is_empty() { "TernMQ".to_owned() } else { format!("{text} – TernMQ") }/>
        <Router>
            <Routes fallback=pages::not_found::NotFound>
                <Route path=path!("/sign-in") view=pages::sign_in::SignIn ssr=SsrMode::Async/>
                <Route path=path!("/setup/:token") view=pages::set_up::SetUp ssr=SsrMode::Async/>
                <Route path=path!("/password/:token") view=pages::choose_password::ChoosePassword ssr=SsrMode::Async/>
                <ParentRoute path=path!("") view=SignedIn>
                    <Route path=path!("/") view=pages::home::Home ssr=SsrMode::Async/>
                    <Route path=path!("/activate") view=pages::activate::Activate ssr=SsrMode::Async/>
                    <Route path=path!("/terms") view=pages::terms::Terms ssr=SsrMode::Async/>
                    <Route path=path!("/audit") view=pages::audit::AuditPage ssr=SsrMode::Async/>
                    <Route path=path!("/access-keys") view=pages::access_keys::AccessKeys ssr=SsrMode::Async/>
                    <ParentRoute path=path!("/r/:region") view=pages::region_entry::RegionPages>
                        <Route path=path!("/overview") view=pages::overview::Overview ssr=SsrMode::Async/>
                        <Route path=path!("/instances") view=pages::instances::Instances ssr=SsrMode::Async/>
                        <Route path=path!("/instances/create") view=pages::create_instance::CreateInstance ssr=SsrMode::Async/>
                        <Route path=path!("/i/:instance") view=pages::instance::Instance ssr=SsrMode::Async/>
                        <Route path=path!("/topics") view=pages::region_entry::Topics ssr=SsrMode::Async/>
                        <Route path=path!("/groups") view=pages::region_entry::Groups ssr=SsrMode::Async/>
                        <Route path=path!("/messages") view=pages::region_entry::Messages ssr=SsrMode::Async/>
                        <Route path=path!("/rejected") view=pages::region_entry::Rejected ssr=SsrMode::Async/>
                        <Route path=path!("/i/:instance/topics") view=pages::topics::TopicsPage ssr=SsrMode::Async/>
                        <Route path=path!("/i/:instance/topics/:topic") view=pages::topics::TopicPage ssr=SsrMode::Async/>
                        <Route path=path!("/i/:instance/groups/:protocol") view=pages::groups::GroupsPage ssr=SsrMode::Async/>
                        <Route path=path!("/i/:instance/groups/:protocol/:group") view=pages::groups::GroupPage ssr=SsrMode::Async/>
                        <Route path=path!("/i/:instance/messages/by-id") view=pages::messages::MessagesById ssr=SsrMode::Async/>
                        <Route path=path!("/i/:instance/messages/by-key") view=pages::messages::MessagesByKey ssr=SsrMode::Async/>
                        <Route path=path!("/i/:instance/messages/by-topic") view=pages::messages::MessagesByTopic ssr=SsrMode::Async/>
                        <Route path=path!("/i/:instance/messages/:message") view=pages::messages::MessagePage ssr=SsrMode::Async/>
                        <Route path=path!("/i/:instance/rejected") view=pages::rejected::RejectedPage ssr=SsrMode::Async/>
                    </ParentRoute>
                </ParentRoute>
            </Routes>
        </Router>
    }
}
