/**
 * The script of the page: the table of flows, searched, sorted and shown in parts, and the ways to see
 * a frame. Texts go into the page as text nodes alone.
 */
export const PAGE_SCRIPT = `
(() => {
  'use strict';
  const data = JSON.parse(document.getElementById('flows-data').textContent);
  const columns = data.columns, rows = data.rows;
  const at = (name) => columns.indexOf(name);
  const byId = (id) => document.getElementById(id);
  const find = byId('find'), verdict = byId('verdict');
  const body = document.querySelector('#flows tbody'), said = byId('said');
  const before = byId('before'), after = byId('after');
  const heads = [...document.querySelectorAll('#flows th')];
  const texts = rows.map((row) => row.join(' ').toLowerCase());
  const PART = matchMedia('(max-width:640px)').matches ? 20 : 50;
  let order = rows.map((_, i) => i), column = -1, down = false, part = 0;
  const number = (n) => n.toLocaleString('en-US');
  const compare = (a, b) => {
    const x = rows[a][column], y = rows[b][column];
    const least = typeof x === 'number' && typeof y === 'number' ? x - y
      : String(x).localeCompare(String(y), 'en', { numeric: true });
    return (down ? -least : least) || a - b;
  };
  const select = () => {
    const words = find.value.toLowerCase().split(/\\s+/).filter(Boolean);
    const wanted = verdict.value, v = at('Verdict');
    order = [];
    for (let i = 0; i < rows.length; i++) {
      if (wanted && rows[i][v] !== wanted) continue;
      if (words.every((word) => texts[i].includes(word))) order.push(i);
    }
    if (column >= 0) order.sort(compare);
    part = 0;
    show();
  };
  const make = (tag, text, name) => {
    const element = document.createElement(tag);
    element.textContent = text;
    if (name) element.className = name;
    return element;
  };
  const button = (text, name, press) => {
    const made = make('button', text, name);
    made.type = 'button';
    made.addEventListener('click', press);
    return made;
  };
  const cell = (value, i, index) => {
    const td = document.createElement('td');
    td.dataset.of = columns[i];
    td.setAttribute('role', 'cell');
    if (typeof value === 'number') { td.className = 'n'; td.textContent = number(value); }
    else if (columns[i] === 'Verdict') {
      td.append(make('span', value, 'badge ' + (value === 'drop' ? 'drop' : 'allow')));
    } else if (columns[i] === 'By' && data.rules[index] >= 0) {
      const link = make('a', value);
      link.href = '#rule-' + data.rules[index];
      td.append(link);
    } else if (columns[i] === 'Frames') {
      td.className = 'm';
      td.append(button(value, 'link', () => seeFlow(index)));
    } else {
      td.textContent = value;
      if (columns[i] === 'From' || columns[i] === 'To') td.className = 'm';
    }
    return td;
  };
  const show = () => {
    const first = part * PART, last = Math.min(first + PART, order.length);
    body.replaceChildren(...order.slice(first, last).map((index) => {
      const tr = document.createElement('tr');
      tr.setAttribute('role', 'row');
      tr.append(...rows[index].map((value, i) => cell(value, i, index)));
      return tr;
    }));
    said.textContent = order.length === 0 ? 'No flow fits.'
      : number(first + 1) + ' to ' + number(last) + ' of ' + number(order.length) + ' flows';
    before.disabled = part === 0;
    after.disabled = last === order.length;
  };
  heads.forEach((head, i) => head.querySelector('button').addEventListener('click', () => {
    down = column === i ? !down : typeof (rows[0] || [])[i] === 'number';
    column = i;
    heads.forEach((other, k) => k === i
      ? other.setAttribute('aria-sort', down ? 'descending' : 'ascending')
      : other.removeAttribute('aria-sort'));
    select();
  }));
  let wait = 0;
  find.addEventListener('input', () => { clearTimeout(wait); wait = setTimeout(select, 80); });
  verdict.addEventListener('change', select);
  before.addEventListener('click', () => { part--; show(); });
  after.addEventListener('click', () => { part++; show(); });
  // Who follows a link to a rule wants to read it.
  const ruleAt = (hash) => /^#rule-\\d+$/.test(hash) ? document.querySelector(hash) : null;
  const open = () => {
    const rule = ruleAt(location.hash), details = rule && rule.closest('tr').querySelector('details');
    if (details) details.open = true;
  };
  addEventListener('hashchange', open);
  open();

  // How a frame can be seen: commands to be copied, and the lines of the rule that decided.
  const dialog = byId('frames'), ways = byId('frames-ways'), ofRule = byId('frames-rule');
  const copied = byId('frames-said');
  const select1 = (element) => {
    const range = document.createRange();
    range.selectNodeContents(element);
    getSelection().removeAllRanges();
    getSelection().addRange(range);
  };
  const copy = async (code) => {
    select1(code);
    try {
      await navigator.clipboard.writeText(code.textContent);
      copied.textContent = 'Copied.';
    } catch {
      copied.textContent = 'Selected: copy it with the keyboard.';
    }
  };
  const way = (label, text) => {
    const code = make('code', text), pre = make('pre', '');
    const title = make('p', label, 'way');
    pre.append(code);
    title.append(button('Copy', 'copy', () => copy(code)));
    title.lastChild.setAttribute('aria-label', 'Copy: ' + label);
    ways.append(title, pre);
  };
  const see = (frames, what, conditions, rule) => {
    const [first, last] = [frames[0], frames[frames.length - 1]];
    byId('frames-title').textContent = first === last ? 'Frame ' + number(first)
      : 'Frames ' + number(first) + ' to ' + number(last);
    byId('frames-what').textContent = what;
    copied.textContent = '';
    ways.replaceChildren();
    if (data.explain) {
      for (const frame of new Set([first, last])) {
        way('Why frame ' + number(frame) + ' fared so', data.explain.before + frame + data.explain.after);
      }
    }
    const range = first === last ? ['frame.number == ' + first]
      : ['frame.number >= ' + first, 'frame.number <= ' + last];
    way('Display filter for Wireshark', range.concat(conditions).join(' && '));
    ofRule.replaceChildren();
    const written = rule && rule.closest('tr').querySelector('td:last-child');
    if (written && written.textContent) {
      const where = written.querySelector('summary') || written, lines = written.querySelector('pre');
      ofRule.append(make('p', rule.textContent + ', written at ' + where.textContent, 'way'));
      if (lines) ofRule.append(lines.cloneNode(true));
    }
    dialog.showModal();
    byId('frames-title').focus();
  };
  const endOf = (text) => {
    const [, address = text, port] = /^\\[(.*)\\]:(\\d+)$/.exec(text) || /^([\\d.]+):(\\d+)$/.exec(text) || [];
    return { field: address.includes(':') ? 'ipv6.addr' : 'ip.addr', address, port };
  };
  const seeFlow = (index) => {
    const of = (name) => rows[index][at(name)];
    const ends = [endOf(of('From')), endOf(of('To'))], protocol = of('Protocol').toLowerCase();
    const ports = protocol === 'tcp' || protocol === 'udp' ? ends.filter(({ port }) => port) : [];
    const conditions = ends.map(({ field, address }) => field + ' == ' + address)
      .concat(ports.map(({ port }) => protocol + '.port == ' + port));
    const what = of('Protocol') + ' ' + of('From') + ' to ' + of('To') + ', ' + of('Verdict') + ' ' + of('Dir')
      + ' at ' + of('Endpoint') + ' by ' + of('By') + ' (' + of('Reason') + ')';
    see(of('Frames').split('-').map(Number), what, conditions, ruleAt('#rule-' + data.rules[index]));
  };
  byId('frames-close').addEventListener('click', () => dialog.close());
  // A press beside the dialog closes it too.
  dialog.addEventListener('click', (event) => { if (event.target === dialog) dialog.close(); });

  const press = (span, label, action) => {
    const made = button(span.textContent, 'link', action);
    made.setAttribute('aria-label', label);
    span.replaceWith(made);
  };
  for (const span of document.querySelectorAll('[data-find]')) {
    const wanted = span.dataset.find;
    press(span, span.textContent + ', find among the flows', () => {
      find.value = wanted;
      verdict.value = '';
      select();
      byId('flows-title').focus();
    });
  }
  for (const span of document.querySelectorAll('[data-frame]')) {
    const rule = span.closest('tr').querySelector('[id^=rule-]');
    const frame = Number(span.dataset.frame);
    press(span, 'Frame ' + span.textContent, () => see([frame], 'The first that ' + rule.textContent + ' answered.', [], rule));
  }
  select();
})();
`;
