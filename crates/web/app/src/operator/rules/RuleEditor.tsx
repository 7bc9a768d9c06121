import { Button, Grid, Group, Paper, Stack, Text } from "@mantine/core";
import { useForm } from "@mantine/form";
import { modals } from "@mantine/modals";
import { notifications } from "@mantine/notifications";
import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { api, queryClient, type Schemas } from "../../api/client";
import { usePlaces } from "../../api/session";
import { useCameras } from "../../components/pick";
import { refuse, showRefused } from "../fields";
import { below } from "../placeTree";
import { RemoveButton } from "../RemoveButton";
import { SaveTrouble } from "../SaveTrouble";
import { useEdit } from "../useEdit";
import { Backtest } from "./Backtest";
import { ConditionCanvas } from "./ConditionCanvas";
import { ConditionFields } from "./ConditionFields";
import { conditionOf, draftOf, emptyDraft, isAboutObjects } from "./draft";
import { RuleFields, useRuleFields } from "./RuleFields";
import type { RuleDraft } from "./ruleDraft";
import { Timetable } from "./Timetable";

interface Props {
  rule?: Schemas["Rule"];
  /** The camera for which a new rule is made. */
  camera?: Schemas["Camera"];
}

/** Draws and tries a rule, then switches it on. */
export function RuleEditor({ rule, camera }: Props) {
  const { t } = useTranslation(["operator", "common"]);
  const navigate = useNavigate();
  const places = usePlaces();
  const cameras = useCameras();
  const names = { zone: t("rule.shapeZone"), line: t("rule.lineName") };
  const [tried, setTried] = useState<string | null>(null);
  const valuesOf = (rule?: Schemas["Rule"]): RuleDraft => ({
    name: rule?.name ?? "",
    place_id: rule?.place_id ?? camera?.place_id ?? "",
    severity: rule?.severity ?? "alert",
    cameras: rule?.cameras ?? (camera ? [camera.id] : []),
    classes: rule?.classes ?? ["person"],
    min_score: Math.round((rule?.min_score ?? 0) * 100),
    min_height: Math.round((rule?.min_height ?? 0) * 100),
    cool_down_seconds: rule?.cool_down_seconds ?? 60,
    schedule: rule?.schedule ?? null,
    condition: (rule && draftOf(rule.condition, names)) ?? emptyDraft("enters", names),
  });
  const form = useForm<RuleDraft>({
    initialValues: valuesOf(rule),
    validate: {
      name: (name) => (name.trim() ? null : t("rule.nameNeeded")),
      place_id: (place) => (place ? null : t("rule.placeNeeded")),
    },
  });
  const fields = useRuleFields();
  const { edit } = useEdit(form, rule, valuesOf, fields);
  const add = api.useMutation("post", "/api/v1/rules");
  const change = api.useMutation("put", "/api/v1/rules/{rule_id}");
  const remove = api.useMutation("delete", "/api/v1/rules/{rule_id}");
  const values = form.values;
  const condition = conditionOf(values.condition);
  const objects = isAboutObjects(values.condition.type);
  const spec = (enabled: boolean): Schemas["RuleSpec"] | null =>
    condition && {
      name: values.name.trim() || t("rule.new"),
      severity: values.severity,
      enabled,
      cameras: values.cameras,
      classes: objects ? values.classes : [],
      min_score: objects ? values.min_score / 100 : 0,
      min_height: objects ? values.min_height / 100 : 0,
      cool_down_seconds: values.cool_down_seconds,
      schedule: values.schedule,
      condition,
    };
  const current = JSON.stringify({ ...spec(true), name: "", severity: "", place: values.place_id });

  const near = (cameras.data?.items ?? []).filter(
    (one) =>
      (values.cameras.length === 0 || values.cameras.includes(one.id)) &&
      (!values.place_id || below(places, one.place_id, values.place_id)),
  );

  const store = (enabled: boolean) => {
    const body = spec(enabled);
    if (!body) return;
    const done = {
      onError: refuse(form, fields),
      onSuccess: async (saved: Schemas["Rule"]) => {
        notifications.show({ message: t("rule.saved", { name: saved.name }), color: "green" });
        await navigate({ to: "/rules" });
        await queryClient.invalidateQueries();
      },
    };
    if (rule)
      change.mutate({ params: { path: { rule_id: rule.id }, query: { version: edit.version } }, body }, done);
    else add.mutate({ body: { place_id: values.place_id, rule: body } }, done);
  };
  const save = (enabled: boolean) => {
    const { errors } = form.validate();
    showRefused(form, errors);
    if (Object.keys(errors).length > 0 || !condition) return;
    if (enabled && objects && tried !== current)
      modals.openConfirmModal({
        title: t("rule.untriedTitle"),
        children: <Text size="sm">{t("rule.untried")}</Text>,
        labels: { confirm: t("rule.saveOn"), cancel: t("common:do.cancel") },
        onConfirm: () => store(true),
      });
    else store(enabled);
  };
  const busy = add.isPending || change.isPending;
  return (
    <Stack>
      <Grid gap="lg">
        <Grid.Col span={{ base: 12, lg: 7 }}>
          <Stack>
            <ConditionCanvas
              draft={values.condition}
              cameras={near}
              first={camera?.id}
              onChange={(draft) => form.setFieldValue("condition", draft)}
            />
          </Stack>
        </Grid.Col>
        <Grid.Col span={{ base: 12, lg: 5 }}>
          <Stack gap="sm">
            <ConditionFields
              draft={values.condition}
              onChange={(draft) => form.setFieldValue("condition", draft)}
            />
            <RuleFields form={form} fixedPlace={Boolean(rule)} objects={objects} />
          </Stack>
        </Grid.Col>
      </Grid>
      <Timetable value={values.schedule} onChange={(schedule) => form.setFieldValue("schedule", schedule)} />
      <Backtest
        place={values.place_id}
        rule={spec(true)}
        tried={tried}
        current={current}
        onTried={setTried}
      />
      <Paper withBorder p="md">
        <Stack gap="sm">
          <SaveTrouble error={add.error ?? change.error ?? remove.error} fields={fields} edit={edit} />
          {!condition && <Text size="sm">{t("rule.drawFirst")}</Text>}
          <Group justify="space-between">
            <Group>
              <Button onClick={() => save(true)} loading={busy} disabled={!condition}>
                {t("rule.saveOn")}
              </Button>
              <Button variant="default" onClick={() => save(false)} disabled={!condition || busy}>
                {t("rule.saveOff")}
              </Button>
            </Group>
            {rule && (
              <RemoveButton
                name={rule.name}
                consequence={t("rule.removeWhat")}
                label={t("rule.remove")}
                onRemove={() =>
                  remove.mutate(
                    { params: { path: { rule_id: rule.id }, query: { version: edit.version } } },
                    {
                      onSuccess: async () => {
                        await navigate({ to: "/rules" });
                        await queryClient.invalidateQueries();
                      },
                    },
                  )
                }
              />
            )}
          </Group>
        </Stack>
      </Paper>
    </Stack>
  );
}
