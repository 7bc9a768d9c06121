import { useParams } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { api } from "../../api/client";
import { Problem } from "../../api/problem";
import { usePlaces } from "../../api/session";
import { Page } from "../../components/Page";
import { placePath } from "../../components/pick";
import { Answer, NothingHere } from "../../components/states";
import { LinkButton } from "../links";
import { RuleEditor } from "./RuleEditor";

/** A rule to change. */
export function RulePage() {
  const { t } = useTranslation("operator");
  const { ruleId } = useParams({ from: "/rules/$ruleId" });
  const places = usePlaces();
  const asked = api.useQuery("get", "/api/v1/rules/{rule_id}", { params: { path: { rule_id: ruleId } } });
  const gone = asked.error instanceof Problem && asked.error.status === 404;
  return (
    <Page
      title={asked.data?.name ?? t("rule.edit")}
      hint={asked.data && placePath(places, asked.data.place_id)}
      needs="manage_rules"
      actions={
        <LinkButton to="/rules" variant="default">
          {t("rule.list")}
        </LinkButton>
      }
    >
      {gone ? (
        <NothingHere title={t("rule.gone")} hint={t("rule.goneHint")} />
      ) : (
        <Answer of={asked}>{(rule) => <RuleEditor key={rule.id} rule={rule} />}</Answer>
      )}
    </Page>
  );
}
