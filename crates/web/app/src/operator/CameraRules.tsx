import { Grid, Stack } from "@mantine/core";
import { useElementSize } from "@mantine/hooks";
import { IconPlus } from "@tabler/icons-react";
import { useTranslation } from "react-i18next";
import { api, type Schemas } from "../api/client";
import { useMay, usePlaces } from "../api/session";
import { type Backdrop, ShapeDrawing } from "../components/ShapeDrawing";
import { Answer, NothingHere } from "../components/states";
import { LivePicture } from "./LivePicture";
import { LinkButton } from "./links";
import { below } from "./placeTree";
import { draftOf, shapesOf } from "./rules/draft";
import { RuleTable } from "./rules/RuleTable";

/** The rules that hold for a camera, with their zones and lines on its picture. */
export function CameraRules({ camera }: { camera: Schemas["Camera"] }) {
  const { t } = useTranslation("operator");
  const may = useMay();
  const places = usePlaces();
  const asked = api.useQuery("get", "/api/v1/rules");
  const { ref, width, height } = useElementSize();
  const add = may("manage_rules", camera.place_id) && (
    <LinkButton
      to="/rules/new"
      search={{ camera: camera.id }}
      w="fit-content"
      leftSection={<IconPlus size={18} aria-hidden />}
    >
      {t("camera.newRule")}
    </LinkButton>
  );
  return (
    <Answer of={asked}>
      {({ items }) => {
        const rules = items.filter(
          (rule) =>
            below(places, camera.place_id, rule.place_id) &&
            (!rule.cameras?.length || rule.cameras.includes(camera.id)),
        );
        if (rules.length === 0)
          return (
            <NothingHere title={t("camera.noRules")} hint={t("camera.noRulesHint")}>
              {add}
            </NothingHere>
          );
        return (
          <Stack>
            {add}
            <Grid gap="lg">
              <Grid.Col span={{ base: 12, lg: 4 }}>
                {may("watch", camera.place_id) && (
                  <div ref={ref} style={{ position: "relative" }}>
                    <LivePicture camera={camera.id} label={t("camera.shapes")} everyMs={10_000} />
                    <ShapeDrawing width={width} height={height} backdrop={rules.flatMap(drawn)} />
                  </div>
                )}
              </Grid.Col>
              <Grid.Col span={{ base: 12, lg: 8 }}>
                <RuleTable rules={rules} />
              </Grid.Col>
            </Grid>
          </Stack>
        );
      }}
    </Answer>
  );
}

function drawn(rule: Schemas["Rule"]): Backdrop[] {
  const draft = draftOf(rule.condition, { zone: "", line: "" });
  if (!draft) return [];
  return shapesOf(draft).map(({ kind, field }) => ({
    id: `${rule.id} ${field}`,
    kind,
    points: draft[field],
    name: rule.name,
  }));
}
