import {
  Alert,
  Badge,
  Button,
  Group,
  Paper,
  SegmentedControl,
  SimpleGrid,
  Stack,
  Text,
  Title,
} from "@mantine/core";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { api, type Schemas } from "../../api/client";
import { useCameraById } from "../../components/pick";
import { ProblemAlert } from "../../components/states";
import { said } from "../../i18n";
import { moment, rfc3339 } from "../../i18n/time";
import { number } from "../figures";
import { Thumb } from "../Thumb";
import { Bars } from "./Bars";
import { isAboutObjects } from "./draft";

interface Props {
  place: string;
  rule: Schemas["RuleSpec"] | null;
  /** The rule as it was tried last, so that it is known whether it has changed since. */
  tried: string | null;
  current: string;
  onTried: (key: string) => void;
}

const HOUR = 3_600_000;
const LENGTHS = { day: 24 * HOUR, week: 7 * 24 * HOUR };

/** How often a rule would have fired, before it is switched on. */
export function Backtest({ place, rule, tried, current, onTried }: Props) {
  const { t } = useTranslation(["operator", "common"]);
  const [length, setLength] = useState<keyof typeof LENGTHS>("day");
  const [shown, setShown] = useState(24);
  const [range, setRange] = useState<{ from: number; to: number }>();
  const cameras = useCameraById();
  const test = api.useMutation("post", "/api/v1/rules/test");
  if (rule && !isAboutObjects(rule.condition.type)) return <Alert color="gray">{t("backtest.not")}</Alert>;
  const run = () => {
    if (!rule) return;
    const to = Date.now();
    const from = to - LENGTHS[length];
    test.mutate(
      { body: { place_id: place, rule, from: rfc3339(from), to: rfc3339(to) } },
      {
        onSuccess: () => {
          setRange({ from, to });
          setShown(24);
          onTried(current);
        },
      },
    );
  };
  const found = test.data;
  const daily = found && range ? (found.firings * 24 * HOUR) / (range.to - range.from) : 0;
  return (
    <Paper withBorder p="md" component="section" aria-labelledby="backtest">
      <Stack gap="sm">
        <div>
          <Title order={2} size="h4" id="backtest">
            {t("backtest.title")}
          </Title>
          <Text size="sm">{t("backtest.hint")}</Text>
        </div>
        <Group>
          <SegmentedControl
            aria-label={t("backtest.period")}
            value={length}
            onChange={(chosen) => setLength(chosen as keyof typeof LENGTHS)}
            data={[
              { value: "day", label: t("common:time.lastDay") },
              { value: "week", label: t("common:time.lastWeek") },
            ]}
          />
          <Button onClick={run} loading={test.isPending} disabled={!rule || !place}>
            {t("backtest.run")}
          </Button>
          {!rule && <Text size="sm">{t("rule.drawFirst")}</Text>}
        </Group>
        {test.error && <ProblemAlert problem={test.error} />}
        {found && range && (
          <Stack gap="sm" role="status">
            {tried !== current && <Alert color="yellow">{t("backtest.stale")}</Alert>}
            <Group gap="xs">
              <Text size="xl" fw={700}>
                {t("backtest.result", { count: found.firings })}
              </Text>
              <Text>{t("backtest.of", { events: number(found.events) })}</Text>
            </Group>
            {found.firings === 0 && <Text>{t("backtest.never")}</Text>}
            {daily > 50 && (
              <Alert color="yellow">{t("backtest.many", { value: number(Math.round(daily)) })}</Alert>
            )}
            {found.incomplete && <Alert color="yellow">{t("backtest.incomplete")}</Alert>}
            {found.firings > 0 && (
              <>
                <Bars
                  label={t("backtest.bars")}
                  times={found.items.map((one) => Date.parse(one.at))}
                  from={range.from}
                  to={range.to}
                  step={length === "week" ? 24 * HOUR : HOUR}
                />
                {found.firings > found.items.length && (
                  <Text size="sm">{t("backtest.latest", { count: found.items.length })}</Text>
                )}
                <Group gap="xs">
                  {Object.entries(found.by_camera).map(([camera, count]) => (
                    <Badge key={camera} variant="default" tt="none" size="lg">
                      {cameras.get(camera)?.name ?? camera}: {number(count)}
                    </Badge>
                  ))}
                </Group>
                <SimpleGrid cols={{ base: 1, sm: 2, lg: 4 }} spacing="sm">
                  {found.items.slice(0, shown).map((one) => (
                    <Group key={`${one.event_id} ${one.at}`} wrap="nowrap" align="flex-start" gap="xs">
                      <Thumb
                        src={`/api/v1/events/${one.event_id}/snapshot`}
                        alt={t("backtest.event", { when: moment(one.at) })}
                        width={120}
                      />
                      <div>
                        <Text size="sm" fw={600}>
                          {moment(one.at)}
                        </Text>
                        <Text size="sm">{cameras.get(one.camera_id)?.name}</Text>
                        <Text size="sm">{said(one.why)}</Text>
                      </div>
                    </Group>
                  ))}
                </SimpleGrid>
                {found.items.length > shown && (
                  <Button variant="default" w="fit-content" onClick={() => setShown(shown + 24)}>
                    {t("backtest.more")}
                  </Button>
                )}
              </>
            )}
          </Stack>
        )}
      </Stack>
    </Paper>
  );
}
