import common from "./common.json";
import investigator from "./investigator.json";
import officer from "./officer.json";
import operator from "./operator.json";

export default { common, officer, investigator, operator };
