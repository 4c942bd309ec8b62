//! The dialog that sends a test message: the answer stays in it, with the way to find the message.
use leptos::prelude::*;

use super::TopicDialogs;
use crate::api::Field;
use crate::api::topics::{BODY_BYTES_MAX, Sent, Topic, send_message};
use crate::components::submit::use_submit;
use crate::components::{Callout, Dialog, FormError, Icon, LongId, Stamp, TextArea, TextField, Tone};
use crate::i18n::{common as c, figures as f, messages as tm, topics as t};
use crate::pages::here::Here;
use crate::settings::use_lang;

#[component]
pub(super) fn SendMessage(here: Here, dialogs: TopicDialogs) -> impl IntoView {
    let lang = use_lang();
    let open = dialogs.send;
    let subtitle = Signal::derive(move || {
        dialogs.of.with(|of| of.as_ref().map(|of| format!("{} · {}", of.name, t::type_name(lang, of.message_type))))
    });
    view! {
        <Dialog open id="send-message" title=t::send_title(lang) subtitle>
            {move || dialogs.of.get().map(|topic| view! { <Form topic here open/> })}
        </Dialog>
    }
    .into_any()
}

#[component]
fn Form(topic: Topic, here: Here, open: RwSignal<bool>) -> impl IntoView {
    let lang = use_lang();
    let submit = use_submit();
    let body = RwSignal::new(String::new());
    let tag = RwSignal::new(String::new());
    let key = RwSignal::new(String::new());
    let sent = RwSignal::new(None::<Sent>);
    let size = Memo::new(move |_| body.with(String::len));
    let server_says = submit.at(Field::Body);
    let body_error = Signal::derive(move || {
        let size = size.get();
        if size > BODY_BYTES_MAX { Some(t::body_too_large(lang, bytes(size))) } else { server_says.get() }
    });
    let send = move |ev: leptos::ev::SubmitEvent| {
        ev.prevent_default();
        if size.get_untracked() > BODY_BYTES_MAX {
            return;
        }
        sent.set(None);
        let call = send_message(
            here.id_now(),
            topic.name.clone(),
            body.get_untracked(),
            tag.get_untracked().trim().to_owned(),
            key.get_untracked().trim().to_owned(),
        );
        submit.run(call, move |receipt| drop(sent.try_set(Some(receipt))));
    };
    let button = move || {
        if submit.busy.get() {
            t::sending(lang)
        } else if sent.with(Option::is_some) {
            t::send_again(lang)
        } else {
            c::ok(lang)
        }
    };
    view! {
        <form class="dlg-form" novalidate on:submit=send>
            <div class="dlg-body">
                <div class="form">
                    <div role="status">{move || sent.get().map(|sent| view! { <Receipt sent here/> })}</div>
                    <FormError error=submit.error/>
                    <TextArea
                        id="send-body"
                        name="body"
                        label=t::body(lang)
                        value=body
                        error=body_error
                        count=Signal::derive(move || t::body_count(lang, bytes(size.get())))
                        hint=t::body_hint(lang)
                        rows=5
                        mono=true
                    />
                    <div class="cols cols-form">
                        <TextField
                            id="send-tag"
                            name="tag"
                            label=t::tag(lang)
                            value=tag
                            error=submit.at(Field::Tag)
                            optional=true
                        />
                        <TextField
                            id="send-key"
                            name="key"
                            label=t::key(lang)
                            value=key
                            error=submit.at(Field::Key)
                            hint=t::key_hint(lang)
                            optional=true
                        />
                    </div>
                </div>
            </div>
            <div class="dlg-foot">
                <button class="btn" type="button" on:click=move |_| open.set(false)>
                    {move || if sent.with(Option::is_some) { c::close(lang) } else { c::cancel(lang) }}
                </button>
                <button
                    class="btn btn-primary"
                    type="submit"
                    aria-busy=move || submit.busy.get().then_some("true")
                    disabled=move || submit.busy.get()
                >
                    <Icon name="send"/>
                    {button}
                </button>
            </div>
        </form>
    }
    .into_any()
}

fn bytes(size: usize) -> String {
    f::bytes(u64::try_from(size).unwrap_or(u64::MAX))
}

#[component]
fn Receipt(sent: Sent, here: Here) -> impl IntoView {
    let lang = use_lang();
    let query = here.messages_by_id(Some(&sent.message_id));
    view! {
        <Callout tone=Tone::Ok title=t::sent(lang)>
            <div>{t::message_id_colon(lang)} <LongId value=sent.message_id/></div>
            <div class="row">
                <a class="link" href=query>
                    {t::query_this(lang)}
                </a>
                <span class="muted num">
                    {tm::stored_at(lang)} " " <Stamp at=sent.stored_at_ms ms=true/> " · "
                    {t::stored_took(lang, sent.took_ms)}
                </span>
            </div>
        </Callout>
    }
    .into_any()
}
