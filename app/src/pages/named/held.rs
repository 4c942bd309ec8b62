//! Which rows of a list that others change too are shown.
//!
//! What others create or delete shows at once, so that a second window follows by itself. Only while
//! the pointer or the focus is in the table the rows stand still, and a bar below them says that the
//! list has changed; it is taken over when both have left, or by the bar. What the user did here shows
//! at once in any case.
use leptos::ev::{FocusEvent, PointerEvent};
use leptos::prelude::*;
use wasm_bindgen::JsCast;

/// Whether newer rows may take the place of those shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Hold {
    pointer: bool,
    focus: bool,
    /// The next change is the user's own.
    own: bool,
}

impl Hold {
    fn lets_in(self) -> bool {
        self.own || !(self.pointer || self.focus)
    }
}

/// The names of a list's rows, as shown. Copy it into handlers.
#[derive(Clone, Copy)]
pub(super) struct HeldRows {
    shown: RwSignal<Vec<String>>,
    newest: Memo<Vec<String>>,
    hold: RwSignal<Hold>,
}

/// - `newest`: the names of the newest reading, in their order.
/// - `own`: set by the page when its user created or deleted a row; taken back with the next change.
pub(super) fn use_held_rows(newest: Memo<Vec<String>>, own: RwSignal<bool>) -> HeldRows {
    let shown = RwSignal::new(newest.get_untracked());
    let rows = HeldRows { shown, newest, hold: RwSignal::new(Hold::default()) };
    Effect::new(move |_| {
        newest.track();
        let hold = Hold { own: own.get(), ..rows.hold.get() };
        if hold.lets_in() && rows.take() {
            own.set(false);
        }
    });
    rows
}

impl HeldRows {
    pub(super) fn shown(self) -> Signal<Vec<String>> {
        self.shown.into()
    }

    /// Shows the newest rows; `false` when they were shown already.
    pub(super) fn take(self) -> bool {
        let newest = self.newest.get_untracked();
        let changes = self.shown.with_untracked(|shown| *shown != newest);
        if changes {
            self.shown.set(newest);
        }
        changes
    }

    /// Rows that wait: how many new ones; `None` when nothing waits.
    pub(super) fn waiting(self) -> Option<usize> {
        self.newest.with(|newest| self.shown.with(|shown| waiting(shown, newest)))
    }

    // A pointer that rests where a dialog was does not use the table; one that moves does.
    pub(super) fn on_pointer_move(self) {
        self.note(|hold| hold.pointer = true);
    }

    pub(super) fn on_pointer_leave(self, _: PointerEvent) {
        self.note(|hold| hold.pointer = false);
    }

    pub(super) fn on_focus_in(self, _: FocusEvent) {
        self.note(|hold| hold.focus = true);
    }

    /// From one place of the table to another the focus does not leave it.
    pub(super) fn on_focus_out(self, ev: FocusEvent) {
        let table = ev.current_target().and_then(|t| t.dyn_into::<web_sys::Node>().ok());
        let next = ev.related_target().and_then(|t| t.dyn_into::<web_sys::Node>().ok());
        let stays = table.is_some_and(|table| next.is_some() && table.contains(next.as_ref()));
        self.note(|hold| hold.focus = stays);
    }

    fn note(self, change: impl FnOnce(&mut Hold)) {
        let mut hold = self.hold.get_untracked();
        change(&mut hold);
        if hold != self.hold.get_untracked() {
            self.hold.set(hold);
        }
    }
}

fn waiting(shown: &[String], newest: &[String]) -> Option<usize> {
    (shown != newest).then(|| newest.iter().filter(|name| !shown.contains(name)).count())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_of_others_wait_while_the_pointer_or_the_focus_is_in_the_table() {
        let hold = Hold::default();
        assert!(hold.lets_in());
        assert!(!Hold { pointer: true, ..hold }.lets_in());
        assert!(!Hold { focus: true, ..hold }.lets_in());
        assert!(Hold { focus: true, own: true, ..hold }.lets_in());
    }

    #[test]
    fn the_bar_counts_new_rows_and_knows_of_rows_that_are_gone() {
        let names = |all: &[&str]| all.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
        let shown = names(&["a", "b"]);
        assert_eq!(waiting(&shown, &shown), None);
        assert_eq!(waiting(&shown, &names(&["a", "b", "c", "d"])), Some(2));
        assert_eq!(waiting(&shown, &names(&["b"])), Some(0));
    }

    #[test]
    fn the_rows_shown_stay_until_they_are_let_in() {
        let owner = Owner::new();
        owner.with(|| {
            let source = RwSignal::new(vec!["a".to_owned()]);
            let rows = HeldRows {
                shown: RwSignal::new(source.get_untracked()),
                newest: Memo::new(move |_| source.get()),
                hold: RwSignal::new(Hold::default()),
            };
            source.set(vec!["a".to_owned(), "b".to_owned()]);
            assert_eq!((rows.shown().get_untracked().len(), rows.waiting()), (1, Some(1)));
            assert!(rows.take());
            assert_eq!((rows.shown().get_untracked().len(), rows.waiting()), (2, None));
            assert!(!rows.take());
        });
    }
}
