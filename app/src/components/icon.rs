//! Icons of the sprite and the brand.
use std::sync::LazyLock;

use leptos::prelude::*;

/// FNV-1a.
const fn hash(bytes: &[u8]) -> u64 {
    let mut hash = 0xcbf2_9ce4_8422_2325;
    let mut at = 0;
    while at < bytes.len() {
        hash = (hash ^ bytes[at] as u64).wrapping_mul(0x0100_0000_01b3);
        at += 1;
    }
    hash
}

/// Worked out while this is compiled: the sprite itself is no part of what the browser loads.
const SPRITE_HASH: u64 = hash(include_bytes!("../../../public/icons.svg"));

/// Address of the sprite. It names what is in it, so that it may be kept for ever: icons stay while the server is away.
pub static SPRITE: LazyLock<String> = LazyLock::new(|| format!("/pkg/icons-{SPRITE_HASH:016x}.svg"));

/// One icon of the sprite, beside a text that says the same.
#[component]
pub(crate) fn Icon(name: &'static str) -> impl IntoView {
    view! { <svg class="i" aria-hidden="true"><use href=format!("{}#{name}", *SPRITE)/></svg> }
}

/// A narrow icon at the end of a control.
#[component]
pub(crate) fn IconEnd(name: &'static str, #[prop(optional)] wide: bool) -> impl IntoView {
    let class = if wide { "i i-end tb-wide" } else { "i i-end" };
    view! { <svg class=class aria-hidden="true"><use href=format!("{}#{name}", *SPRITE)/></svg> }
}

/// Outline of the tern on a 32 px grid.
pub(crate) const TERN: &str = "M16 2.200C17.300 4 18.100 5.900 18.300 8.100 23.400 8.300 28.300 10 31.200 14.600 26.600 13.200 22.100 13.500 18.700 15.400L18 21.500 20.800 30 16 25.800 11.200 30 14 21.500 13.300 15.400C9.900 13.500 5.400 13.200.8 14.600 3.700 10 8.600 8.300 13.700 8.100 13.900 5.900 14.700 4 16 2.200Z";

/// The mark with the name.
#[component]
pub(crate) fn Logo() -> impl IntoView {
    view! {
        <svg class="logo" viewBox="0 0 124 32" role="img" aria-label="TernMQ">
            <path fill="currentColor" d=TERN/>
            <g
                transform="translate(42 4)"
                fill="none"
                stroke="currentColor"
                stroke-width="2.300"
                stroke-linecap="butt"
                stroke-linejoin="miter"
            >
                <path d="M0 5.200h11.600M5.800 5.200V19.500"/>
                <path d="M13.200 14.300h9.400a4.750 4.750 0 1 0-1.500 3.500"/>
                <path d="M26.800 19.500V9.300M26.800 13.600a3.900 3.900 0 0 1 4.600-3.700"/>
                <path d="M34.800 19.500V9.300M34.800 13.900a3.950 3.950 0 0 1 7.900 0V19.500"/>
                <path d="M48.200 19.500V7l5.900 7.400L60 7v12.500"/>
                <circle cx="70.600" cy="12.300" r="6.600"/>
                <path d="M71.800 14.200l5 5.600"/>
            </g>
        </svg>
    }
}

/// The mark alone.
#[component]
pub(crate) fn Emblem() -> impl IntoView {
    view! {
        <svg class="emblem" viewBox="0 0 32 32" role="img" aria-label="TernMQ">
            <path fill="currentColor" d=TERN/>
        </svg>
    }
}
