// Elements, made without any HTML from texts: what others wrote is only ever the text of a node or the value of an attribute.

/**
 * Makes an element.
 * @param {string} tag The name, with classes behind dots: `div.row.wide`.
 * @param {object} [properties] Properties and attributes; functions named `on...` listen.
 * @param {...(Node|string|number|null|false|Array)} children What stands in it.
 */
export function h(tag, properties, ...children) {
    const [name, ...classes] = tag.split('.');
    const element = document.createElement(name);
    if (classes.length) element.className = classes.join(' ');
    for (const [key, value] of Object.entries(properties ?? {})) set(element, key, value);
    element.append(...nodes(children));
    return element;
}

/** Makes an element of a drawing. */
export function svg(tag, attributes, ...children) {
    const element = document.createElementNS('http://www.w3.org/2000/svg', tag);
    for (const [key, value] of Object.entries(attributes ?? {})) {
        if (key.startsWith('on')) element.addEventListener(key.slice(2), value);
        else if (value !== null && value !== undefined && value !== false) element.setAttribute(key, value);
    }
    element.append(...nodes(children));
    return element;
}

/** Puts other children into an element. */
export function fill(element, ...children) {
    element.replaceChildren(...nodes(children));
    return element;
}

/** A text of somebody else: it has its own direction, and leaves that of the line around it alone. */
export function foreign(text, tag = 'bdi', properties = {}) {
    return h(tag, { dir: 'auto', ...properties }, text);
}

function set(element, key, value) {
    if (value === null || value === undefined || value === false) return;
    if (key.startsWith('on')) element.addEventListener(key.slice(2), value);
    else if (key === 'style') for (const [name, v] of Object.entries(value)) element.style.setProperty(name, v);
    else if (key === 'data') Object.assign(element.dataset, value);
    else if (key in element && !key.startsWith('aria') && key !== 'list' && key !== 'form') element[key] = value;
    else element.setAttribute(key, value === true ? '' : value);
}

function* nodes(children) {
    for (const child of children) {
        if (Array.isArray(child)) yield* nodes(child);
        else if (child !== null && child !== undefined && child !== false) yield child instanceof Node ? child : String(child);
    }
}

/** Gives the browser something to save. It is told nothing of the type: it opens nothing by itself. */
export function saveAs(content, name) {
    const address = URL.createObjectURL(new Blob([content], { type: 'application/octet-stream' }));
    h('a', { href: address, download: name }).click();
    setTimeout(() => URL.revokeObjectURL(address), 10_000);
}
