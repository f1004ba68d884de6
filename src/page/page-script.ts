/**
 * The script of the page: the table of flows, searched, sorted and shown in parts. Texts go into the
 * page as text nodes alone.
 */
export const PAGE_SCRIPT = `
(() => {
  'use strict';
  const data = JSON.parse(document.getElementById('flows-data').textContent);
  const columns = data.columns, rows = data.rows;
  const at = (name) => columns.indexOf(name);
  const find = document.getElementById('find'), verdict = document.getElementById('verdict');
  const body = document.querySelector('#flows tbody'), said = document.getElementById('said');
  const before = document.getElementById('before'), after = document.getElementById('after');
  const heads = [...document.querySelectorAll('#flows th')];
  const texts = rows.map((row) => row.join(' ').toLowerCase());
  const PART = 50;
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
  const cell = (value, i, index) => {
    const td = document.createElement('td');
    td.dataset.of = columns[i];
    if (typeof value === 'number') { td.className = 'n'; td.textContent = number(value); }
    else if (columns[i] === 'Verdict') {
      const badge = document.createElement('span');
      badge.className = 'badge ' + (value === 'drop' ? 'drop' : 'allow');
      badge.textContent = value;
      td.append(badge);
    } else if (columns[i] === 'By' && data.rules[index] >= 0) {
      const link = document.createElement('a');
      link.href = '#rule-' + data.rules[index];
      link.textContent = value;
      td.append(link);
    } else {
      td.textContent = value;
      if (columns[i] === 'From' || columns[i] === 'To' || columns[i] === 'Frames') td.className = 'm';
    }
    return td;
  };
  const show = () => {
    const first = part * PART, last = Math.min(first + PART, order.length);
    body.replaceChildren(...order.slice(first, last).map((index) => {
      const tr = document.createElement('tr');
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
  const open = () => {
    const rule = /^#rule-\\d+$/.test(location.hash) && document.querySelector(location.hash);
    const details = rule && rule.closest('tr').querySelector('details');
    if (details) details.open = true;
  };
  addEventListener('hashchange', open);
  open();
  select();
})();
`;
