import { useSearch } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { Page } from "../../components/Page";
import { useCameras } from "../../components/pick";
import { Answer } from "../../components/states";
import { LinkButton } from "../links";
import { RuleEditor } from "./RuleEditor";

/** A rule to add: for a camera, where one is named. */
export function NewRulePage() {
  const { t } = useTranslation("operator");
  const { camera } = useSearch({ from: "/rules/new" });
  const cameras = useCameras();
  return (
    <Page
      title={t("rule.new")}
      needs="manage_rules"
      actions={
        <LinkButton to="/rules" variant="default">
          {t("rule.list")}
        </LinkButton>
      }
    >
      <Answer of={cameras}>
        {({ items }) => <RuleEditor camera={items.find((one) => one.id === camera)} />}
      </Answer>
    </Page>
  );
}
