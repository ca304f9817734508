using System.Text.Json;
using SmartCity.Cloud.Log;
using SmartCity.Cloud.Pipelines.Alarms;
using SmartCity.Cloud.Server.Alarms;
using SmartCity.Cloud.Server.Api.Contracts;
using SmartCity.Cloud.Server.Operations;
using SmartCity.Model;
using SmartCity.Model.Contracts;

namespace SmartCity.Cloud.Server.Api.Description;

/// <summary>An example of each contract: what the API's document shows, and what a test reads back into the contract.</summary>
internal static class Examples
{
    /// <summary>Id of a passage.</summary>
    public const string Passage = "5f3a9c0d2b7e4816a0c4d9e8f1b23764";
    /// <summary>Key of an item of reconciliation.</summary>
    public const string Item = "c1d5e0b79a3f4826b4e7f0a9d2c86351";
    /// <summary>Id of a claim.</summary>
    public const string Claim = "C792-000001";
    private const string Fingerprint = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08";
    private const long Micros = 1_795_485_689_980_000;
    private static readonly DateTimeOffset _time = new(2026, 11, 24, 6, 1, 29, 980, TimeSpan.Zero);
    private static readonly DateTimeOffset _hour = new(2026, 11, 24, 9, 0, 0, TimeSpan.FromHours(3.5));

    private static readonly LatestEntry _latest = new("air-001", "pm25", "double", Value(12.5), _time, 4.2, "live", 0, 30, 120);
    private static readonly DeviceEntry _device = new("air-001", "air", "live", "g1", _time, 30, 120, ["kind", "pm25"], 35.7, 51.4);
    private static readonly SeriesView _series = new("air-001", "pm25", "double", "air", _time, Value(12.5));
    private static readonly Account _account = new("mina", [Roles.Operator], ["north"], false, false, Micros, Micros);
    private static readonly AccessGrant _grant = new(17, "mina", "night job", Rights.Read | Rights.Operate, Micros, Micros + 7_776_000_000_000, Micros, "127.0.0.1", true);
    private static readonly Passkey _passkey = new(3, "mina", "phone", Micros, Micros, true);
    private static readonly AuditEntry _change = new(4711, Micros, "mina", "127.0.0.1", "registry.change", "site square", null, """[{"Site":{"id":"square"}}]""", "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08");
    private static readonly DeviceModel _model = new("air", "air", "Air quality", [new MetricModel("pm25", "ug/m3", Min: 0, Max: 1_000, ExpectedInterval: TimeSpan.FromSeconds(10))]);
    private static readonly Site _site = new("square", "Azadi Square", "north", new DevicePosition(35.6997, 51.3380));
    private static readonly RegisteredDevice _registered = new("air-001", "air", "Air at the square", "square", Position: new DevicePosition(35.7, 51.4));
    private static readonly DeadLetterEntry _letter = new(7, "g1", "telemetry", new SeriesKey("air-001", "pm25"), "text", _time, _time, "n/a", "series:kind is Double, the value is Text", _time);

    private static readonly DateOnly _day = new(2026, 11, 24);
    private static readonly TollChargeEntry _charge = new(
        Passage, 0, "THN-1", "THN-1-L2", _day, _time, "charged", null, "asset:receivable:a-17", [new TollShare("north", 40_000)], 40_000, 4_000, 44_000, "2026/3",
        [new TollRuleStep("price", "class 1, day", "40000", "40000"), new TollRuleStep("vat", "10 %", "4000", "44000")]);
    private static readonly TollReconRun _run = new(
        0, new TollReconFilter(_day, _day), _time, false, new string('7', 64),
        [new TollReconIdentity("E1", new TollReconTerm("numbers", 1_000, null), [new TollReconTerm("events", 997, null), new TollReconTerm("gaps", 3, null)], 0, 0, true)],
        [new TollReconClass("SEQ_GAP", 1, 1, 3, 0)],
        [new TollReconItem(Item, "SEQ_GAP", "THN-1", "L1/7/501-503", _time, _day, 3, null, "", null, "open", null, null, null)]);
    private static readonly TollPeriodEntry _period = new(7, new DateOnly(2026, 10, 23), new DateOnly(2026, 11, 21), "closing", null, "mina");
    private static readonly TollClaim _claim = new(
        Claim, 792, 1, "STRAN", _day, _day, _time, "mina", "9001_0001_0792_20261124060129.STRAN", 8, 680_000, Fingerprint, "00", "answered", 8, 610_000, 3_500, 10_000, 60_000, 0, 606_500);
    private static readonly TollFile _file = new(7, Fingerprint, "SRECON", "answer.SRECON", _time, "mina", 8, 610_000, [new TollFileOutcome("posted", 7, 610_000)], false);
    private static readonly TollDisputeEntry _dispute = new(7, Passage, "wrongClass", "A motorcycle.", "(driver)", _time, "upheld", "ali", "Two axles, one of them a shadow.", "mina", _time.AddHours(1), 44_000, 44_000, "The camera was turned.", false, true);
    private static readonly TollFaultScope _scope = new(_day, _day, "THN-1", "THN-1-L2", null, "CLASS_MISMATCH", null, null, null);
    private static readonly TollRefundBatch _batch = new(new string('4', 32), 7, _scope, new string('4', 64), "reza", _time, 12, 528_000, 12);
    private static readonly TollRetentionRun _retention = new(7, _time, "mina", "plates", _day, 997, 3);
    private static readonly TollReplay _replay = new(Item, "L1/7/501-503", "mina", _time, "missing");
    private static readonly CommandEntry _command = new("r1", "lamp-7", "g1", "mina", "answered", JsonSerializer.SerializeToElement(new { dim = 40 }), _time, 60, _time.AddSeconds(2), JsonSerializer.SerializeToElement(new { ok = true }));
    private static readonly AlarmRule _rule = new()
    {
        Id = "pm25-high", Name = "Particles high", Scope = new AlarmScope { Kind = "air" }, When = "pm25 > 75", Clear = "pm25 < 60", OnDelay = TimeSpan.FromMinutes(5), Priority = AlarmPriority.Medium, Cause = "Traffic or a fire.",
        Consequence = "Harm to the health of those who live there.", Action = "Look at the neighbours and the camera; tell the air quality office.", RespondWithin = TimeSpan.FromMinutes(30), Notify = [new AlarmStep { To = "control-room" }],
    };
    private static readonly AlarmChannel _channel = new() { Id = "control-room", Kind = AlarmChannelKind.Email, Addresses = ["control@city.example"] };
    private static readonly AlarmSchedule _shift = new() { Id = "day", Name = "Day shift", From = new TimeOnly(7, 0), To = new TimeOnly(19, 0), IsShift = true };
    private static readonly AlarmEntry _alarm = new(17, "pm25-high", "Particles high", "air-001", "g1", "north", "unacknowledged", "medium", true, _time, null, null, null, null, 1, false, "81.5");
    private static readonly AlarmChangeEntry _alarmChange = new(41, _time, _time, 17, "pm25-high", "air-001", "acknowledged", "acknowledged", false, "mina", "crew is on its way", "81.5", null);
    private static readonly AlarmAside _aside = new("pm25-high", "air-002", "shelved", 0, _time.AddHours(1), "mina", "calibration");
    private static readonly AlarmCounts _counts = new(0, 1, 3, 16);
    private static readonly AlarmStatisticsView _statistics = new(_time.AddHours(-12), _time, 20, 1.7, 4, 0, 0, 0, 0, _counts, _counts, [new AlarmActor(null, "north", 20, 1)], [new AlarmActor("pm25-high", "air-001", 5, 0.25)], 0.25, [], [], 41.5, 0);
    private static readonly RegisteredGateway _registeredGateway = new("g1", "Cabinet at the square", "square", Position: new DevicePosition(35.7, 51.4), Note: "Key at the kiosk");
    private static readonly TwinVersion _twin = new(7, Fingerprint, JsonSerializer.SerializeToElement(new { listen = new { mqttPort = 1883 } }), _time, "mina", "patch", "applied", StateAt: _time);
    private static readonly TwinReportView _twinReport = new(_time, 7, "applied", JsonSerializer.SerializeToElement(new { version = 7, state = "applied", software = "0.1.0", uptimeSeconds = 86_400 }));
    private static readonly FleetGateway _gateway = new("g1", "connected", _time, _time.AddDays(30), "4A1F0C8E5B7D4E21A90C3D5F7B61E284", Since: _time, Software: "smartcity-gateway/0.1.0", LastBatch: _time);

    private static readonly Dictionary<Type, object> _byType = new object[]
    {
        new Page<LatestEntry>([_latest]),
        new Page<DeviceEntry>([_device], "/api/v1/devices?limit=1&cursor=WyJhaXItMDAxIl0"),
        new DeviceView("air-001", "air", "live", "g1", _time, 30, 120, ["kind", "pm25"], [_latest], 35.7, 51.4),
        new Page<SeriesView>([_series]),
        new ReadingsView(Bucket: "1h", Tz: "Asia/Tehran", Calendar: "persian", Series:
        [
            new SeriesPart("air-001", "pm25", "raw", [new BucketEntry(_hour, _hour.AddHours(1), new QualityShares(1, 0), 0.997, "1405-09-03", Avg: 12.1, Max: 31)]),
        ]),
        new Credentials("mina", "correct horse battery staple"),
        new NewPassword("correct horse battery staple", "four other words in a row"),
        new NewToken("night job", ["read", "operate"], 90),
        new NewAccount("mina", [Roles.Operator], ["north"]),
        new MadeToken("sc_…"),
        new MadeSecret("word-word-word-word"),
        new ChangedAccount(Account: _account with { IsDisabled = true }),
        new OwnAccount("mina", _account, ["read", "operate"]),
        _account,
        new Page<Account>([_account]),
        new Page<AccessGrant>([_grant]),
        new Page<AuditEntry>([_change]),
        new PasskeyAnswer("phone", JsonSerializer.SerializeToElement(new { id = "AQID", type = "public-key" })),
        new PasskeyName("phone"),
        _passkey,
        new Page<Passkey>([_passkey]),
        new AuditCheck(4711, null, null),
        new AuditBooks(_time, true, null, [new AuditTerms("g1", "telemetry", 1_000, 990, 4, 5, 1, 0)]),
        new Page<CompletenessEntry>([new CompletenessEntry("g1", "telemetry", "7", 1, 1_000, 997, _time, [new MissingEntry(501, 503, "expired", _time)])]),
        new Page<HourCertificate>([new HourCertificate("g1", _hour.ToUniversalTime(), true, 997, 3, "eyJhbGciOiJFUzI1NiJ9.e30.c2ln")]),
        new Page<GatewayEntry>([new GatewayEntry("g1", true, _time, "192.0.2.7:50104", "0.1.0", "7", _time, _time, new GatewayReport(_time, 5, 4_096, 1_073_741_824, 0, 12, true))]),
        _letter,
        new Page<DeadLetterEntry>([_letter]),
        new ResubmitOutcome(7, true, null),
        new TollTotals(_day, _day, [new TollTotal(_day, "THN-1", "charged", null, 997, 39_880_000, 3_988_000)]),
        new TollBacklog(0, 0, 0, 0, true),
        new Page<TollChargeEntry>([_charge]),
        new TollPassageView(
            new TollPassageEntry(Passage, "THN-1", "THN-1-L2", "north", _time, "locked", "364:00412233", "12 ب 345 - 67", "12 ب 345 - 67", "confirmed", "1", "1", "1", "agree", "A", "complete", "None", null),
            _charge, [new TollEventEntry("L1", "7", "184467", _time, _time, "THN-1-L2", "avc", JsonSerializer.SerializeToElement(new { boot = 7, seq = 184467, kind = "avc", axles = 2 }))],
            [new TollSuppressed("T3/2/41", "tag", "THN-1-L3", "crossLane", "T2/2/77", Passage)], ["CLASS_DIFFERS"],
            [new TollPosting(0, "posted", null, 4_711, [new TollTransfer(Item, "asset:receivable:a-17", "liability:concession:north", 40_000, "charge", _day, "normal", null)])]),
        _run,
        new Whole<TollReconRun>([_run with { Number = 17 }]),
        new TollJudgement("explained", "mina", "The lane was closed for works from 2 to 4."),
        new TollClassJudgement("SEQ_GAP", "explained", "mina", "The lane was closed for works from 2 to 4.", _day, _day, "THN-1"),
        new TollItemsJudged(37),
        new NewTollPeriod(new DateOnly(2026, 11, 22), new DateOnly(2026, 12, 21)),
        new TollPeriodChange("first", "mina"),
        new Whole<TollPeriodEntry>([_period]),
        new TollPeriodView(_period, ["E6 leaves 40,000 over on 2026-11-03."]),
        new TollLedgerView(new TollLedgerIdentity("tolls", "IRR", 0), new TollLedgerHead(4_711, new string('9', 64), 318, 188_440_000, 188_440_000)),
        new TollLedgerCheck(4_711, new string('9', 64), null),
        new NewTollClaims(792, _day, _day),
        new MadeTollClaims([new MadeTollClaim(Claim, 792, 1, "STRAN", _day, _day, _time, "9001_0001_0792_20261124060129.STRAN", 8, 680_000, Fingerprint)], [new TollClaimLeft(Passage, "Its tag has 12 digits; the file carries 10.")], 3),
        _claim,
        new Page<TollClaim>([_claim]),
        new Whole<TollClaimDue>([new TollClaimDue(792, "Northern Roads", 8, 680_000, _day, _day)]),
        _file,
        new Page<TollFile>([_file]),
        new Page<OpenTollPayment>([new OpenTollPayment("IR062960000000100324200001", "2026-0017", 1, _day, 50_000, 0, null, "none", "toll")]),
        new TollPaymentMatch("IR062960000000100324200001", "2026-0017", Claim),
        new TollPaymentMatched(50_000),
        new TollReceiptTrees(Fingerprint[..16], [new TollReceiptTree("3-normal", 3, "normal", 997, 39_880_000, 3_988_000, Fingerprint, Fingerprint[..16], _time, "tolls/3-normal\n997\n…\n")]),
        new TollReceiptFile(Passage, "3", "Receipt of a toll\n\nDate: 2026-11-24\n…\n"),
        new TollStatementView("asset:receivable:a-17", _day, _day, 0, 44_000, [new TollStatementLine(_day, 7, "normal", "charge", Passage, 40_000, 4_000, 44_000)], "Statement\n\nPayer: asset:receivable:a-17\n…\n"),
        new NewTollDispute(Passage, "wrongClass", "A motorcycle."),
        new TollDisputeNote("Two axles, one of them a shadow."),
        new TollDisputeDecision("uphold", "The camera was turned.", 44_000),
        new Page<TollDisputeEntry>([_dispute]),
        new TollDisputeView(_dispute, [new TollDisputeStep(_time, "(driver)", "opened", "A motorcycle.")], [_batch]),
        new TollDisputeChange(_dispute, false),
        new TollRefundPreview(_scope, 12, 528_000, new string('4', 64), [new TollFaultHit(Passage, _day, _time, "THN-1", "THN-1-L2", "asset:receivable:a-17", 44_000, 44_000, null)]),
        new TollRefundReleased(_batch, false),
        new TollRetentionView(new TollRetentionRules(30, 365, 730), [new TollPlatePlace("passages", "Plates as they were read.", "Erased 365 days after the end of a sealed period.")], [_retention with { Number = 0 }]),
        new Page<TollRetentionRun>([_retention]),
        new Whole<TollRetentionRun>([_retention]),
        new VaultRead("asset:receivable:plate:202611-5f3a9c0d2b7e4816a0c4d9e8f1b23764", "case 2026-17"),
        new VaultPlate("asset:receivable:plate:202611-5f3a9c0d2b7e4816a0c4d9e8f1b23764", "12 ب 345 - 67"),
        new VaultSearch("12ب34567", "case 2026-17"),
        new VaultAccounts("12ب34567", ["asset:receivable:plate:202611-5f3a9c0d2b7e4816a0c4d9e8f1b23764"]),
        new TollLeakage(_day, _day, new TollLeakageBranch("passages", 1_000, 44_000_000, true, [new TollLeakageBranch("collected", 600, 26_400_000, false, []), new TollLeakageBranch("lost", 400, 17_600_000, true, [])])),
        new NewTollReplay([Item]),
        new Whole<TollReplay>([_replay]),
        new Page<TollReplay>([_replay]),
        new NewCommand(JsonSerializer.SerializeToElement(new { dim = 40 }), "r1", 60),
        _command,
        new Page<CommandEntry>([_command]),
        new EnrolRequest("4J7QK-9XW2M-TBC8-3FKQ-8Z2N-7R5V-1DHA", "-----BEGIN CERTIFICATE REQUEST-----\n…\n-----END CERTIFICATE REQUEST-----\n"),
        new RenewRequest("-----BEGIN CERTIFICATE REQUEST-----\n…\n-----END CERTIFICATE REQUEST-----\n"),
        new IssuedIdentity("g1", "smartcity", "-----BEGIN CERTIFICATE-----\n…\n-----END CERTIFICATE-----\n", "-----BEGIN CERTIFICATE-----\n…\n-----END CERTIFICATE-----\n", 8443, _time.AddDays(30), _time),
        _gateway,
        new Page<FleetGateway>([_gateway]),
        new FleetGatewayDetail(_gateway, [new IssuedEntry("4A1F0C8E5B7D4E21A90C3D5F7B61E284", _time, _time.AddDays(30), "code", Fingerprint)]),
        new MadeCode("g1", "4J7QK-9XW2M-TBC8-3FKQ-8Z2N-7R5V-1DHA", $"SC1:g1:4J7QK9XW2MTBC8:{Fingerprint.ToUpperInvariant()}", Fingerprint, _time.AddMinutes(15)),
        new ClaimRequest("4J7QK-9XW2M-TBC8"),
        new RevokeRequest("stolen"),
        new AuthorityView("smartcity", Fingerprint, [new AuthorityEntry("Root 1 of smartcity", Fingerprint, _time, _time.AddYears(20))], [new AuthorityEntry("Issuer 1 of smartcity", Fingerprint, _time, _time.AddYears(10))]),
        new RotateRequest(false),
        new RetireRequest("9f86d081", false),
        new GatewayConfiguration(
            new GatewayUplink("https://city.example:8443"), new GatewayListen(MqttPort: 1883), new Dictionary<string, GatewayLane?> { ["telemetry"] = new(1_073_741_824, "refuse") }, new GatewayLimits(DeviceSeries: 500),
            new Dictionary<string, JsonElement> { ["zigbee2mqtt"] = JsonSerializer.SerializeToElement(true) }, new Dictionary<string, DeviceCredential?> { ["air-001"] = new("a password") },
            new Dictionary<string, BridgeCredential?> { ["plant"] = new("another one", ["plant/#"]) }, "0.1.0"),
        _twin,
        new Page<TwinVersion>([_twin]),
        _twinReport,
        new TwinView("g1", _twin, _twinReport, [new TwinDriftEntry("/listen/mqttPort", "1883", null, true)]),
        new UndoTwin(6),
        new BlinkRequest(30),
        new FleetSelf("g1", _time, _time.AddDays(30), true, LastBatch: _time, Value: 42, ValueTime: _time),
        new RegistryContent([_model], [_site], [_registered], [_registeredGateway]),
        _registeredGateway,
        new Page<RegisteredGateway>([_registeredGateway]),
        new RegistryResult(1, 0, 2),
        _model,
        new Page<DeviceModel>([_model]),
        _site,
        new Page<Site>([_site]),
        _registered,
        new Page<RegisteredDevice>([_registered]),
        _alarm,
        new Page<AlarmEntry>([_alarm]),
        new Page<AlarmChangeEntry>([_alarmChange]),
        new Whole<AlarmAside>([_aside]),
        new AlarmOrder([17], Reason: "calibration", For: TimeSpan.FromHours(1)),
        new AlarmOrderResult(1, 0),
        new AlarmSummary(_counts, _counts, 2, 1, 0, 0, false, _alarm),
        _statistics,
        new ShiftReportView(_statistics, [_alarm], [_aside], [_alarmChange], [new AlarmRuleChange(_time, "mina", "rule", "pm25-high", "changed")]),
        _rule,
        new Page<AlarmRule>([_rule]),
        new AlarmSettings { Rules = [_rule], Schedules = [_shift], Channels = [_channel] },
        new SettingsResult(3, 0, 0, 2),
        new WhatIfView(_time.AddDays(-7), _time, _time, 604_800, 12, [new WhatIfAlarm("air-001", _time, _time.AddMinutes(20), "81.5", 17)], 1, []),
        new ChannelTest(true, null),
    }.ToDictionary(example => example.GetType());

    /// <summary>A claim in the manner of NIOP.</summary>
    public const string ClaimFile = "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<TransactionData>…</TransactionData>\n";
    /// <summary>An answer in the manner of NIOP.</summary>
    public const string AnswerFile = "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<ReconciliationData>…</ReconciliationData>\n";
    /// <summary>A table for a spreadsheet.</summary>
    public const string TableCsv = $"passage,date,time,toll point,lane,outcome,code,net,VAT,gross,payer\r\n{Passage},2026-11-24,…\r\n";
    /// <summary>A public key, PEM.</summary>
    public const string PublicKey = "-----BEGIN PUBLIC KEY-----\n…\n-----END PUBLIC KEY-----\n";
    /// <summary>Rows as CSV.</summary>
    public const string ReadingsCsv = "device,metric,ts,received,value,quality,type\r\nair-001,pm25,2026-11-24T06:01:29.980Z,2026-11-24T06:01:30.012Z,12.5,0,double\r\n";
    /// <summary>Devices of the registry as CSV.</summary>
    public const string RegistryCsv = "id,model,name,site,area,lat,lon,standing\r\nair-001,air,Air at the square,square,,35.7,51.4,\r\n";
    /// <summary>Events of live values.</summary>
    public const string Events = "event: reading\ndata: {\"device\":\"air-001\",\"metric\":\"pm25\",\"ts\":\"2026-11-24T06:01:29.98+00:00\",\"value\":12.5,\"quality\":0}\n\n";
    /// <summary>What a browser needs to ask for a passkey.</summary>
    public const string PasskeyRequest = """{"challenge":"…","rpId":"city.example","userVerification":"required"}""";
    /// <summary>What a browser needs to make one.</summary>
    public const string PasskeyCreation = """{"challenge":"…","rp":{"id":"city.example","name":"SmartCity"},"user":{"id":"…","name":"mina","displayName":"mina"},"pubKeyCredParams":[{"type":"public-key","alg":-7}]}""";
    /// <summary>A feature.</summary>
    public const string Feature = """{"type":"Feature","geometry":{"type":"Point","coordinates":[51.4,35.7]},"properties":{"id":"air-001"}}""";
    /// <summary>Features.</summary>
    public const string Features = $$"""{"type":"FeatureCollection","features":[{{Feature}}]}""";

    /// <summary>The example of a contract; null where it has none.</summary>
    public static object? Of(Type contract) => _byType.GetValueOrDefault(contract);

    private static JsonElement Value(double value) => JsonSerializer.SerializeToElement(value);
}
