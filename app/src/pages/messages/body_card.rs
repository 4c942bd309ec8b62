//! The card of a message body, with its tabs.
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use leptos::prelude::*;

use super::body::{BodyKind, View, base64_view, detect, hex_view, is_json, json_view, text_view};
use crate::api::messages::{BodyForm, Message};
use crate::components::{CopyButton, Icon};
use crate::i18n::{Lang, figures as f, messages as t};
use crate::paths;
use crate::settings::use_lang;

#[derive(Clone, Copy, PartialEq, Eq)]
enum Tab {
    Auto,
    Text,
    Json,
    Hex,
    Base64,
}

impl Tab {
    const ALL: [Tab; 5] = [Tab::Auto, Tab::Text, Tab::Json, Tab::Hex, Tab::Base64];

    fn name(self, lang: Lang) -> &'static str {
        match self {
            Tab::Auto => t::auto(lang),
            Tab::Text => t::text(lang),
            Tab::Json => t::json(lang),
            Tab::Hex => t::hex(lang),
            Tab::Base64 => t::base64(lang),
        }
    }
}

/// What came of the body.
struct Loaded {
    bytes: Vec<u8>,
    base64: String,
    kind: BodyKind,
    /// `bytes` are all there is.
    whole: bool,
}

/// Bytes per line of the hexadecimal view.
const HEX_WIDTH: usize = 16;

#[component]
pub(super) fn BodyCard(message: Message) -> impl IntoView {
    let lang = use_lang();
    let stored = u64::from(message.row.body_bytes);
    let (size, complete, note) = match message.body_form {
        BodyForm::Stored => (stored, true, None),
        BodyForm::Inflated { bytes, whole } => (u64::from(bytes), whole, Some(t::inflated(lang, f::bytes(stored)))),
        BodyForm::NotInflatable => (stored, true, Some(t::not_inflated(lang).to_owned())),
    };
    let mut bytes = STANDARD.decode(&message.body_base64).unwrap_or_default();
    let whole = complete && u64::from(message.body_shown_bytes) >= size;
    if !whole {
        drop_partial_character(&mut bytes);
    }
    let kind = detect(&bytes);
    let charset = match kind {
        BodyKind::Json | BodyKind::Text => "UTF-8",
        BodyKind::Binary { .. } => t::charset_binary(lang),
    };
    let summary = format!("{} · {charset} · CRC {:08X}", f::bytes(size), message.body_crc);
    let exact = String::from_utf8(bytes.clone()).ok().filter(|_| whole && size > 0);
    let loaded = StoredValue::new(Loaded { bytes, base64: message.body_base64, kind, whole });
    let tab = RwSignal::new(Tab::Auto);
    let href = paths::message_body(&message.instance, &message.row.offset_id);
    let shown_of = (!whole).then(|| t::shown_of(lang, f::bytes(message.body_shown_bytes.into()), f::bytes(size)));
    view! {
        <section class="card">
            <div class="card-head">
                <h2>{t::body(lang)}</h2>
                <span class="hint num">{summary}</span>
                {exact.map(|text| view! { <CopyButton text of=t::body(lang) quiet=true/> })}
                <a class="btn btn-quiet btn-sm" href=href rel="external" download="">
                    <Icon name="download"/>
                    {t::download_body(lang)}
                </a>
            </div>
            {note.map(|note| view! { <div class="barline">{note}</div> })}
            {shown_of.map(|text| view! { <div class="barline">{text}</div> })}
            <div class="tabs tabs-in" role="tablist">
                {Tab::ALL
                    .into_iter()
                    .map(|of| {
                        view! {
                            <button
                                class="tab"
                                type="button"
                                role="tab"
                                aria-controls="message-body"
                                aria-selected=move || if tab.get() == of { "true" } else { "false" }
                                on:click=move |_| tab.set(of)
                            >
                                {of.name(lang)}
                            </button>
                        }
                    })
                    .collect_view()}
            </div>
            <div class="code code-flat" id="message-body" role="tabpanel">
                {move || loaded.with_value(|loaded| draw(lang, loaded, tab.get()))}
            </div>
            <div class="card-foot">{t::read_audited(lang)}</div>
        </section>
    }
    .into_any()
}

/// A cut after the n-th byte may fall into a character, which would make text look binary.
fn drop_partial_character(bytes: &mut Vec<u8>) {
    if let Err(error) = std::str::from_utf8(bytes)
        && error.error_len().is_none()
    {
        bytes.truncate(error.valid_up_to());
    }
}

fn draw(lang: Lang, body: &Loaded, tab: Tab) -> AnyView {
    if body.bytes.is_empty() {
        return note(t::empty_body(lang).to_owned());
    }
    let tab = match (tab, body.kind) {
        (Tab::Auto, BodyKind::Json) => Tab::Json,
        (Tab::Auto, BodyKind::Text) => Tab::Text,
        (Tab::Auto, BodyKind::Binary { .. }) => Tab::Hex,
        (chosen, _) => chosen,
    };
    match (tab, std::str::from_utf8(&body.bytes), body.kind) {
        (Tab::Hex, ..) => code(lang, "hex", hex_view(&body.bytes, HEX_WIDTH), body.bytes.len()),
        (Tab::Base64, ..) => code(lang, "", base64_view(&body.base64), body.bytes.len()),
        (_, Ok(text), BodyKind::Json | BodyKind::Text) if tab == Tab::Json => {
            if is_json(text) {
                code(lang, "", json_view(text), body.bytes.len())
            } else if body.whole {
                note(t::not_json(lang).to_owned())
            } else {
                note(t::json_cut(lang).to_owned())
            }
        }
        (_, Ok(text), BodyKind::Json | BodyKind::Text) => code(lang, "", text_view(text), body.bytes.len()),
        (_, _, BodyKind::Binary { valid_up_to }) => {
            note(t::not_text(lang, f::grouped(u64::try_from(valid_up_to).unwrap_or(u64::MAX))))
        }
        // Unreachable by how the kind is found; said rather than drawn wrong.
        (_, Err(_), _) => note(t::not_text(lang, 0)),
    }
}

fn note(text: String) -> AnyView {
    view! { <p class="empty">{text}</p> }.into_any()
}

fn code(lang: Lang, class: &'static str, view: View, all: usize) -> AnyView {
    let drawn = view.drawn;
    let all = f::bytes(u64::try_from(all).unwrap_or(u64::MAX));
    view! {
        <pre class=class tabindex="0" aria-label=t::body(lang)>
            <code>
                {view
                    .spans
                    .into_iter()
                    .map(|span| {
                        match span.look.class() {
                            "" => span.text.into_any(),
                            class => view! { <span class=class>{span.text}</span> }.into_any(),
                        }
                    })
                    .collect_view()}
            </code>
        </pre>
        {view
            .cut
            .then(|| {
                let shown = f::bytes(u64::try_from(drawn).unwrap_or(u64::MAX));
                view! { <p class="barline">{t::shown_of(lang, shown, all)}</p> }
            })}
    }
    .into_any()
}
