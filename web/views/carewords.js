// The words of the search for therapy places, as fields and as text.

import { cleanName } from '../clean.js';
import { phrase } from '../said.js';
import { locale, t } from '../text.js';

const types = ['sprechstunde', 'probatorik', 'akut', 'kurzzeit', 'langzeit'];
const payers = ['GKV', 'PKV', 'BG', 'SEL', 'SOZ', 'BEI', 'KE'];
const procedures = ['VT', 'TP', 'AP', 'ST', 'neuro'];

/** A choice of a field, with one for anything. */
const choices = (values, prefix) => [['', t('any')], ...values.map((value) => [value, t(`${prefix}.${value}`)])];

export const typeField = (any = true) => ({ name: 'type', label: t('slotType'), options: any ? choices(types, 'type') : types.map((value) => [value, t(`type.${value}`)]) });
export const payerField = () => ({ name: 'payer', label: t('payer'), options: choices(payers, 'payer') });
export const procedureField = () => ({ name: 'procedure', label: t('procedure'), options: choices(procedures, 'procedure') });
export const modalityField = (values) => ({ name: 'modality', label: t('modality'), options: choices(values, 'modality') });

/** A word by its name; one that this version does not know is shown as it is. */
export function word(prefix, value) {
    const key = `${prefix}.${value}`;
    const said = t(key);
    return said === key ? cleanName(value) : said;
}

/** What a standing search asks for: words with commas between them. */
export const wanted = (asks) => asks.split(', ').map((part) => {
    const kind = ['type', 'modality', 'payer', 'procedure'].find((prefix) => t(`${prefix}.${part}`) !== `${prefix}.${part}`);
    return kind ? t(`${kind}.${part}`) : phrase(part);
}).join(', ');

/** When a slot is, in full. */
export const slotTime = (iso) => new Date(iso).toLocaleString(locale(), { weekday: 'short', day: 'numeric', month: 'long', hour: '2-digit', minute: '2-digit' });
