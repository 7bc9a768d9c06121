import { useTranslation } from "react-i18next";
import { byName } from "../i18n/order";

/** What the audit log calls actions, in words. */
export function useActionWords() {
  const { t } = useTranslation("operator");
  const tree: Record<string, Record<string, string>> = t("audit.actions", { returnObjects: true });
  const all = Object.entries(tree)
    .flatMap(([thing, deeds]) =>
      Object.entries(deeds).map(([deed, label]) => ({ value: `${thing}.${deed}`, label })),
    )
    .sort((a, b) => byName(a.label, b.label));
  const things: Record<string, string> = t("audit.things", { returnObjects: true });
  return {
    all,
    /** What a target such as `camera/ID` is, by name where it has one. */
    target: (target: string, known: (id: string) => string | undefined) => {
      const [thing = "", id = ""] = target.split("/");
      return [things[thing] ?? thing, known(id)].filter(Boolean).join(": ");
    },
    of: (action: string) => {
      const [thing = "", deed = ""] = action.split(".");
      return tree[thing]?.[deed] ?? t("audit.other", { action });
    },
  };
}
