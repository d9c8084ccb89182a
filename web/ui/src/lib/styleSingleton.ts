import { useEffect } from "react";

/**
 * What `react-style-singleton` does for the scroll lock under Radix's dialogs and menus, without <style> elements:
 * those the content security policy forbids, constructed style sheets it does not concern.
 */
export interface StyleSheetSingleton {
  add: (css: string) => void;
  remove: () => void;
}

export function stylesheetSingleton(): StyleSheetSingleton {
  let users = 0;
  let sheet: CSSStyleSheet | null = null;
  return {
    add(css) {
      users += 1;
      if (users > 1) return;
      sheet = new CSSStyleSheet();
      sheet.replaceSync(css);
      document.adoptedStyleSheets = [...document.adoptedStyleSheets, sheet];
    },
    remove() {
      users -= 1;
      if (users > 0) return;
      document.adoptedStyleSheets = document.adoptedStyleSheets.filter((one) => one !== sheet);
      sheet = null;
    },
  };
}

export function styleHookSingleton(): (css: string, isDynamic?: boolean) => void {
  const sheet = stylesheetSingleton();
  return function useStyle(css, isDynamic) {
    const wanted = isDynamic ? css : "";
    useEffect(() => {
      sheet.add(css);
      return () => sheet.remove();
      // As in the original: only dynamic styles are followed.
      // eslint-disable-next-line react-hooks/exhaustive-deps
    }, [wanted]);
  };
}

export function styleSingleton(): (props: { styles: string; dynamic?: boolean }) => null {
  const useStyle = styleHookSingleton();
  return function Style({ styles, dynamic }) {
    useStyle(styles, dynamic);
    return null;
  };
}
