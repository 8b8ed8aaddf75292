'use strict';
// page.js VIEW REPLIES.json: shows the view as LuCI does, with these replies of the methods, and prints what it did as
// JSON: the methods it declared, the options of its form, every text on the page, and what would have been read as HTML.
const fs = require('fs');

const declared = [], options = [], made = [], html = [], texts = [], polls = [], kinds = new Set([1, 2, 3, 4]);
const replies = JSON.parse(fs.readFileSync(process.argv[3], 'utf8'));

// LuCI's E() and dom.append(): a string as child becomes HTML, an element of an array becomes a text node.
function E(tag, attributes, children) {
    if (!/^[a-z0-9]+$/.test(tag) || Array.isArray(attributes) || typeof attributes !== 'object')
        throw new Error(`E(${tag}) is called in a way that this stand-in does not know`);
    const node = { tag, attributes, children: [], replaceChildren(...fresh) { this.children = fresh; } };
    if (Array.isArray(children)) {
        for (const child of children)
            node.children.push(child !== null && typeof child === 'object' ? child : String(child));
    } else if (children !== undefined && children !== null) {
        html.push(String(children));
    }
    return node;
}

function walk(node) {
    if (typeof node === 'string')
        texts.push(node);
    else
        node.children.forEach(walk);
}

const rpc = {
    declare(what) {
        declared.push(`${what.object}.${what.method}`);
        // What is no object, such as the number of a refusal, becomes what the page expects; a broken connection is an error.
        return () => {
            const reply = replies[what.method];
            if (reply === undefined)
                return Promise.reject(new Error('the connection broke'));
            return Promise.resolve(Object.prototype.toString.call(reply) === '[object Object]' ? reply : what.expect['']);
        };
    }
};
class Section {
    constructor(type) { this.type = type; this.tabs = []; }
    tab(name) { this.tabs.push(name); }
    taboption(tab, kind, name) {
        if (!this.tabs.includes(tab))
            throw new Error(`${name} is on a tab that is not there: ${tab}`);
        return this.option(kind, name);
    }
    option(kind, name) {
        if (!kinds.has(kind))
            throw new Error(`${name} is of a kind that this stand-in does not know`);
        const option = { value() { } };
        options.push(`${this.type}.${name}`);
        made.push([`${this.type}.${name}`, option]);
        return option;
    }
}
const form = {
    Map: class {
        constructor(config) { options.push(`config ${config}`); }
        section(kind, name, type) { return new Section(kind === form.NamedSection ? type : name); }
        render() { return Promise.resolve(E('div', {}, ['FORM'])); }
    },
    NamedSection: 'named', TypedSection: 'typed', Flag: 1, Value: 2, ListValue: 3, DynamicList: 4
};
const poll = { add(refresh, seconds) { polls.push([refresh, seconds]); } };
const view = { extend: properties => properties };

const source = fs.readFileSync(process.argv[2], 'utf8');
const required = [...source.matchAll(/^'require (\w+)';$/gm)].map(match => match[1]);
if (required.sort().join() !== 'form,poll,rpc,view')
    throw new Error(`the view requires ${required}`);
const page = new Function('form', 'poll', 'rpc', 'view', 'E', '_', source)(form, poll, rpc, view, E, text => text);

// What a check of the form says of a text; null where the option has none of its own.
function says(name, text) {
    const option = made.find(([of]) => of === name)[1];
    const answer = option.validate ? option.validate('main', text) : null;
    return answer === null || answer === true ? answer : String(answer);
}

(async () => {
    const shown = await page.render(await page.load());
    walk(shown);
    const first = texts.splice(0);
    for (const [refresh] of polls)
        await refresh();
    walk(shown);
    const checked = Object.fromEntries((replies.checks || []).map(([name, text]) => [`${name} ${text}`, says(name, text)]));
    process.stdout.write(JSON.stringify({ declared, options, html, first, again: texts, seconds: polls.map(p => p[1]), checked }));
})().catch(error => {
    process.stderr.write(error.stack + '\n');
    process.exit(1);
});
