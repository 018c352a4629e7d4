/** Buttons of verdicts, the search, and the words about what is shown: alike in every report. `apply` shows what is wanted. */
export const filtering = (apply) => {
  const search = document.getElementById('search');
  const shown = document.getElementById('shown');
  const none = document.getElementById('none');
  const buttons = [...document.querySelectorAll('button[data-verdict]')];
  let chosen = new Set();
  for (const button of buttons) {
    button.addEventListener('click', () => {
      const { verdict } = button.dataset;
      if (verdict === '') chosen = new Set();
      else if (!chosen.delete(verdict)) chosen.add(verdict);
      apply();
    });
  }
  let timer;
  search.addEventListener('input', () => {
    clearTimeout(timer);
    timer = setTimeout(apply, 80);
  });
  return {
    choose: (verdicts) => {
      chosen = new Set(verdicts);
    },
    isChosen: (verdict) => chosen.size === 0 || chosen.has(verdict),
    /** Words that all have to be there; octets with spaces between are one word. */
    words: () => {
      const asked = search.value.toLowerCase().trim();
      if (/^[0-9a-f]{2}( [0-9a-f]{2})+$/.test(asked)) return [asked.replaceAll(' ', '')];
      return asked.split(/\s+/).filter((word) => word !== '');
    },
    tell: (count, total, what) => {
      for (const button of buttons) {
        const { verdict } = button.dataset;
        button.setAttribute('aria-pressed', String(verdict === '' ? chosen.size === 0 : chosen.has(verdict)));
      }
      none.hidden = count > 0;
      shown.textContent = count === total ? `${count} ${what}` : `${count} of ${total} ${what}`;
    },
  };
};
