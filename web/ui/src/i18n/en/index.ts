import admin from "./admin.json";
import auth from "./auth.json";
import call from "./call.json";
import common from "./common.json";
import connection from "./connection.json";
import landing from "./landing.json";
import lobby from "./lobby.json";
import problems from "./problems.json";
import profile from "./profile.json";

const texts = { admin, auth, call, common, connection, landing, lobby, problems, profile };

export type Texts = typeof texts;
export default texts;
