// Views are drawn anew when something happened, also while somebody is about to press or just reached something by keys.

/**
 * Draws a view without taking away what is pressed or has the focus.
 * @param {HTMLElement} element What is drawn anew.
 * @param {() => void} draw Draws it.
 * @returns {() => void} Draws it now, or when what is pressed in it is let go.
 */
export function steady(element, draw) {
    let isPressed = false;
    let isLate = false;
    element.addEventListener('pointerdown', () => {
        isPressed = true;
        const release = new AbortController();
        const letGo = () => {
            release.abort();
            isPressed = false;
            // The click comes behind this event.
            setTimeout(() => {
                if (isLate && element.isConnected) drawn();
            }, 0);
        };
        for (const name of ['pointerup', 'pointercancel', 'blur']) addEventListener(name, letGo, { signal: release.signal });
    });
    function drawn() {
        isLate = isPressed;
        if (isPressed) return;
        const focused = element.contains(document.activeElement) ? document.activeElement : null;
        draw();
        if (!focused || focused.isConnected) return;
        [...element.querySelectorAll('a[href], button, input, select, [tabindex="0"]')]
            .find((other) => other.tagName === focused.tagName && nameOf(other) === nameOf(focused))?.focus({ preventScroll: true });
    }
    return drawn;
}

const nameOf = (element) => element.getAttribute('aria-label') ?? element.textContent;
