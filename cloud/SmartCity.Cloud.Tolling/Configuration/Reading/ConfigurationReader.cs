using System.Globalization;
using System.Text;
using SmartCity.Cloud.Tolling.Passages;
using SmartCity.Cloud.Tolling.Plates;

namespace SmartCity.Cloud.Tolling.Configuration.Reading;

/// <summary>Files to records, each by itself. What they have to do with each other is for <see cref="ConfigurationRules"/>.</summary>
internal sealed class ConfigurationReader
{
    private static readonly ExactAmount _amountMax = long.MaxValue, _kmMax = 1_000_000;
    private static readonly UTF8Encoding _strict = new(false, throwOnInvalidBytes: true);

    /// <summary>The tables that may stand in a file of their own, by the columns that tell them.</summary>
    private static readonly (string Name, string[] Columns)[] _tables =
    [
        ("prices", ["tariff", "version", "point", "class", "amount"]),
        ("rates", ["tariff", "version", "component", "class", "perKm"]),
        ("holidays", ["calendar", "version", "date"]),
        ("exceptions", ["kind", "subject"]),
        ("tags", ["issuer", "tag"]),
        ("plates", ["plate"]),
        ("accounts", ["account", "payment"]),
        ("issuers", ["issuer", "name"]),
    ];

    private readonly ConfigIssues _issues;
    private readonly ConfigParts _parts = new();
    private readonly Dictionary<(string Table, string Id, int Version), List<ConfigNode>> _rows = [];

    private ConfigurationReader(ConfigIssues issues) => _issues = issues;

    public static ConfigParts Read(IReadOnlyList<ConfigFile> files, ConfigIssues issues)
    {
        var reader = new ConfigurationReader(issues);
        var documents = new List<ConfigNode>();
        // Rows of tables first: the tariffs and calendars that they belong to may stand in any file.
        foreach (var file in files)
            if (reader.Open(file) is { } document) documents.Add(document);
        foreach (var document in documents) reader.Document(document);
        foreach (var (owner, rows) in reader._rows)
            issues.Add(rows[0].Place, $"{owner.Table} of {(owner.Table == "holidays" ? "calendar" : "tariff")} {ConfigIssues.Quote(owner.Id)} version {owner.Version}, which is in no file");
        return reader._parts;
    }

    private ConfigNode? Open(ConfigFile file)
    {
        var whole = new ConfigPlace(file.Name, 0);
        var bytes = file.Content.Span;
        if (bytes.Length > ConfigFile.BytesMax) _issues.Add(whole, ConfigFile.TooLarge(file.Name, bytes.Length).Reason);
        else if (bytes.IsEmpty || bytes.IndexOfAnyExcept(" \t\r\n"u8) < 0) _issues.Add(whole, "the file is empty");
        else if (bytes is [0xFF, 0xFE, ..] or [0xFE, 0xFF, ..] || bytes.Contains((byte)0)) _issues.Add(whole, "the file is no UTF-8 text: it looks like UTF-16 or is binary; save it as UTF-8");
        else
        {
            var start = bytes.StartsWith(Encoding.UTF8.Preamble) ? 3 : 0;
            if (!IsUtf8(file)) return null;
            if (bytes[start..].TrimStart(" \t\r\n"u8) is [(byte)'{' or (byte)'[' or (byte)'/' or (byte)'"', ..]) return ConfigNode.Parse(file, _issues);
            Table(file);
        }
        return null;
    }

    private bool IsUtf8(ConfigFile file)
    {
        var bytes = file.Content.Span;
        if (System.Text.Unicode.Utf8.IsValid(bytes)) return true;
        var at = 0;
        while (Rune.DecodeFromUtf8(bytes[at..], out _, out var length) == System.Buffers.OperationStatus.Done) at += length;
        _issues.Add(new ConfigPlace(file.Name, bytes[..at].Count((byte)'\n') + 1), string.Create(CultureInfo.InvariantCulture, $"byte {at + 1} of the file, 0x{bytes[at]:X2}, is no UTF-8; save the file as UTF-8"));
        return false;
    }

    /// <summary>What to say of a header that is one column only, since another character separates.</summary>
    private static string Separator(IReadOnlyList<string> header) => header is not [var only] ? "" : only.Contains(';', StringComparison.Ordinal) ? "; separates its fields, a comma is needed; "
        : only.Contains('\t', StringComparison.Ordinal) ? "a tab separates its fields, a comma is needed; " : "";

    private void Table(ConfigFile file)
    {
        var before = _issues.Count;
        var (header, rows) = CsvTable.Read(file, _strict.GetString(file.Content.Span), _issues);
        if (_issues.Count != before) return;
        var place = new ConfigPlace(file.Name, 1);
        var table = _tables.FirstOrDefault(known => known.Columns.All(column => header.Contains(column, StringComparer.Ordinal))).Name;
        if (table is null)
            _issues.Add(place, $"neither JSON, which begins with {{, nor a known table; {Separator(header)}columns are {ConfigIssues.Quote(string.Join(",", header))}, expected one of: {string.Join("; ", _tables.Select(known => $"{known.Name} with {string.Join(",", known.Columns)}"))}");
        else if (rows.Count == 0) _issues.Add(place, "the table has a header and no rows");
        else if (table is "prices" or "rates" or "holidays")
        {
            foreach (var row in rows)
            {
                var reader = new ObjectReader(row, _issues);
                var key = (table, reader.Id(table == "holidays" ? "calendar" : "tariff"), reader.Int("version", 1, int.MaxValue));
                if (!_rows.TryGetValue(key, out var list)) _rows[key] = list = [];
                list.Add(row);
            }
        }
        else foreach (var row in rows) Entry(table, row);
    }

    private void Document(ConfigNode document)
    {
        var reader = new ObjectReader(document, _issues);
        foreach (var node in reader.List("corridors")) Corridor(node);
        foreach (var node in reader.List("calendars")) Calendar(node);
        foreach (var node in reader.List("tariffs")) Tariff(node);
        foreach (var node in reader.List("penaltyPolicies")) Policy(node);
        foreach (var table in (string[])["issuers", "accounts", "tags", "plates", "exceptions"])
            foreach (var node in reader.List(table)) Entry(table, node);
        reader.End();
    }

    private void Entry(string table, ConfigNode node)
    {
        switch (table)
        {
            case "issuers": Issuer(node); break;
            case "accounts": Account(node); break;
            case "tags": Tag(node); break;
            case "plates": PlateOf(node); break;
            default: Exception(node); break;
        }
    }

    private void Corridor(ConfigNode node)
    {
        var reader = new ObjectReader(node, _issues);
        var head = Head(reader);
        var zoneId = reader.Text("zone");
        if (!TimeZoneInfo.TryFindSystemTimeZoneById(zoneId, out var zone) && zoneId.Length > 0) reader.Wrong("zone", $"{ConfigIssues.Quote(zoneId)} is no time zone; an IANA name is needed, e.g. Asia/Tehran");
        var corridor = new Corridor
        {
            Id = head.Id, Version = head.Version, ValidFrom = head.From, ValidTo = head.To, Replaces = head.Replaces, LegalRef = head.Legal, Origin = node.Place, Hash = reader.Hash([]),
            Name = reader.Text("name"), Zone = zone ?? TimeZoneInfo.Utc, Classes = reader.Ids("classes"),
            Points = Each(reader.List("points", isRequired: true), Point), Distances = DistinctBy(Each(reader.List("distances"), Distance), d => (d.Value.From, d.Value.To)),
        };
        if (corridor.Classes.Count == 0) reader.Wrong("classes", "a corridor has at least one class");
        if (reader.End()) _parts.Corridors.Add(corridor);
    }

    private CorridorPoint Point(ConfigNode node)
    {
        var reader = new ObjectReader(node, _issues);
        var point = new CorridorPoint(reader.Id("id"), reader.OptionalText("name") ?? "", reader.Has("role") ? reader.Choice<TollPointRole>("role") : null,
            reader.Ids("directions"), Each(reader.List("lanes"), Lane));
        reader.Known("role");
        reader.End();
        return point;
    }

    private CorridorLane Lane(ConfigNode node)
    {
        var reader = new ObjectReader(node, _issues);
        var lane = new CorridorLane(reader.Id("id"), reader.Id("direction"), reader.Ids("devices"));
        reader.End();
        return lane;
    }

    private (ConfigNode, CorridorDistance) Distance(ConfigNode node)
    {
        var reader = new ObjectReader(node, _issues);
        var distance = new CorridorDistance(reader.Id("from"), reader.Id("to"), reader.Amount("km", ExactAmount.OfMinor(1, 3), _kmMax));
        reader.End();
        return (node, distance);
    }

    private void Calendar(ConfigNode node)
    {
        var reader = new ObjectReader(node, _issues);
        var head = Head(reader);
        var rows = Rows("holidays", head.Id, head.Version);
        var (holidays, yearly) = (new HashSet<DateOnly>(), new HashSet<YearlyDate>());
        foreach (var day in reader.List("holidays")) Holiday(day, DateSystem.Gregorian);
        foreach (var day in reader.List("persianHolidays")) Holiday(day, DateSystem.Persian);
        foreach (var row in rows)
        {
            var fields = new ObjectReader(row, _issues);
            var system = fields.Choice<DateSystem>("system", DateSystem.Gregorian);
            fields.Known("calendar");
            fields.Known("version");
            fields.OptionalText("name");
            if (fields.Text("date").Length > 0) Holiday(row.Members.Single(member => member.Name == "date").Value, system);
            fields.End();
        }
        var months = new List<int>();
        foreach (var month in reader.List("excludedMonths"))
            if (month.IsNumber && int.TryParse(month.Text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number is >= 1 and <= 12) months.Add(number);
            else _issues.Add(month.Place, $"{month.Shown} is no month 1–12");
        var calendar = new TollCalendar
        {
            Id = head.Id, Version = head.Version, ValidFrom = head.From, ValidTo = head.To, Replaces = head.Replaces, LegalRef = head.Legal, Origin = node.Place, Hash = reader.Hash(Texts(rows)),
            Weekend = reader.Choices<DayOfWeek>("weekend"), Holidays = holidays, YearlyHolidays = yearly, ExcludedMonths = months,
            Bands = Each(reader.List("bands"), Band), DefaultBand = reader.Id("defaultBand"),
        };
        if (reader.End()) _parts.Calendars.Add(calendar);

        void Holiday(ConfigNode day, DateSystem system)
        {
            var isNew = day.IsText && LocalDates.TryYearly(day.Text, system, out var date) ? yearly.Add(date)
                : day.IsText && day.Text.Length == 10 && LocalDates.TryParse(day.Text, system, out var local) ? holidays.Add(DateOnly.FromDateTime(local)) : (bool?)null;
            if (isNew is null) _issues.Add(day.Place, $"{day.Shown} is no {system} date such as {(system == DateSystem.Persian ? "1403-08-03, or 01-13" : "2024-10-24, or 12-25")} for every year");
            else if (isNew == false) _issues.Add(day.Place, $"{day.Shown} is listed twice, perhaps in the other calendar");
        }
    }

    private CalendarBand Band(ConfigNode node)
    {
        var reader = new ObjectReader(node, _issues);
        var band = new CalendarBand(reader.Id("band"), reader.Time("from"), reader.Time("to"), reader.Choices<DayKind>("days"));
        if (band.Days.Count == 0) reader.Wrong("days", "at least one kind of day");
        if (band.To != TimeOnly.MinValue && band.To <= band.From) reader.Wrong("to", "it does not lie after from; 00:00 is the end of the day, and a band over midnight is two");
        reader.End();
        return band;
    }

    private void Tariff(ConfigNode node)
    {
        var reader = new ObjectReader(node, _issues);
        var head = Head(reader);
        var (prices, rates) = (Rows("prices", head.Id, head.Version), Rows("rates", head.Id, head.Version));
        var scale = reader.Int("scale", 0, 6);
        var minor = ExactAmount.OfMinor(1, scale);
        var rounding = reader.Object("rounding") is { } round ? Round(round, minor) : new Rounding(RoundingMode.HalfAwayFromZero, minor, RoundingStage.Line);
        var vat = reader.Has("vat") ? Vat(reader.Object("vat")!) : (Percent: ExactAmount.Zero, Included: true);
        reader.Known("vat");
        var basis = reader.Choice<TariffBasis>("basis");
        var tariff = new Tariff
        {
            Id = head.Id, Version = head.Version, ValidFrom = head.From, ValidTo = head.To, Replaces = head.Replaces, LegalRef = head.Legal, Origin = node.Place,
            Hash = reader.Hash(Texts(prices).Concat(Texts(rates))),
            Corridor = reader.Id("corridor"), Calendar = reader.Id("calendar"), PenaltyPolicy = reader.OptionalId("penaltyPolicy"),
            Currency = Currency(reader), Scale = scale, Basis = basis,
            Prices = DistinctBy(Each([.. reader.List("prices"), .. prices], row => Price(row, basis)), p => (p.Value.Entry, p.Value.Point, p.Value.VehicleClass, p.Value.Band)),
            Rates = DistinctBy(Each([.. reader.List("rates"), .. rates], Rate), r => (r.Value.Component, r.Value.VehicleClass, r.Value.UpToKm?.ToString())),
            Fees = DistinctBy(Each(reader.List("fees"), Fee), f => (f.Value.Component, f.Value.VehicleClass, f.Value.Means)),
            FreeKmPerDay = reader.OptionalAmount("freeKmPerDay", 0, _kmMax) ?? 0, OneChargeMinutes = reader.Int("oneChargeMinutes", 0, 1440, 0),
            DailyCap = reader.OptionalAmount("dailyCap", 0, _amountMax), MonthlyCap = reader.OptionalAmount("monthlyCap", 0, _amountMax),
            MonthlyCount = reader.Has("monthlyCount") ? reader.Int("monthlyCount", 0, 1_000_000) : null, Months = reader.Choice<DateSystem>("months", DateSystem.Gregorian),
            PaymentDiscounts = DistinctBy(Each(reader.List("paymentDiscounts"), row => Discount(row, "means")), d => d.Value.Key),
            Plans = DistinctBy(Each(reader.List("plans"), row => Discount(row, "plan")), d => d.Value.Key),
            Exemptions = DistinctBy(Each(reader.List("exemptions"), Exemption), e => e.Value.Code),
            VatPercent = vat.Percent, VatIncluded = vat.Included, Rounding = rounding,
            Concessions = DistinctBy(Each(reader.List("concessions"), Concession), c => c.Value.Concession),
        };
        reader.Known("monthlyCount");
        if (reader.End()) _parts.Tariffs.Add(tariff);
    }

    private static string Currency(ObjectReader reader)
    {
        var currency = reader.Text("currency");
        if (currency.Length > 0 && (currency.Length != 3 || !currency.All(char.IsAsciiLetterUpper))) reader.Wrong("currency", $"{ConfigIssues.Quote(currency)} is not three capital letters of ISO 4217");
        return currency;
    }

    private Rounding Round(ConfigNode node, ExactAmount minor)
    {
        var reader = new ObjectReader(node, _issues);
        var rounding = new Rounding(reader.Choice<RoundingMode>("mode", RoundingMode.HalfAwayFromZero), reader.OptionalAmount("unit", minor, _amountMax) ?? minor, reader.Choice<RoundingStage>("stage"));
        if (!rounding.Unit.IsMultipleOf(minor)) reader.Wrong("unit", $"{rounding.Unit} is no whole number of minor units, {minor}");
        reader.End();
        return rounding;
    }

    private (ExactAmount Percent, bool Included) Vat(ConfigNode node)
    {
        var reader = new ObjectReader(node, _issues);
        var vat = (reader.Amount("percent", 0, 100), reader.Truth("included"));
        reader.End();
        return vat;
    }

    private (ConfigNode, TariffPrice) Price(ConfigNode node, TariffBasis basis)
    {
        var reader = new ObjectReader(node, _issues);
        var entry = basis == TariffBasis.EntryExit ? reader.Id("entry") : "";
        if (basis != TariffBasis.EntryExit && reader.Has("entry")) reader.Wrong("entry", "only a tariff of basis entryExit has it");
        reader.Known("entry");
        var price = new TariffPrice(entry, reader.Id("point"), reader.Id("class"), Star(reader, "band"), reader.Amount("amount", 0, _amountMax), node.Place);
        EndRow(reader);
        return (node, price);
    }

    private (ConfigNode, DistanceRate) Rate(ConfigNode node)
    {
        var reader = new ObjectReader(node, _issues);
        var rate = new DistanceRate(reader.Id("component"), reader.Id("class"), reader.OptionalAmount("upToKm", 0, _kmMax), reader.Amount("perKm", 0, _amountMax), node.Place);
        EndRow(reader);
        return (node, rate);
    }

    private (ConfigNode, TariffFee) Fee(ConfigNode node)
    {
        var reader = new ObjectReader(node, _issues);
        var fee = new TariffFee(reader.Id("component"), Star(reader, "class"), reader.OptionalId("means"), reader.Amount("amount", 0, _amountMax));
        reader.End();
        return (node, fee);
    }

    private (ConfigNode, TariffDiscount) Discount(ConfigNode node, string key)
    {
        var reader = new ObjectReader(node, _issues);
        var discount = new TariffDiscount(reader.Id(key), reader.Amount("percent", 0, 100), reader.Ids("classes"), reader.Ids("points"));
        reader.End();
        return (node, discount);
    }

    private (ConfigNode, TariffExemption) Exemption(ConfigNode node)
    {
        var reader = new ObjectReader(node, _issues);
        var exemption = new TariffExemption(reader.Id("code"), reader.Id("partner"), reader.Truth("partnerPays"), reader.Ids("classes"));
        reader.End();
        return (node, exemption);
    }

    private (ConfigNode, ConcessionShare) Concession(ConfigNode node)
    {
        var reader = new ObjectReader(node, _issues);
        var share = new ConcessionShare(reader.Id("concession"), reader.Int("weight", 1, 1_000_000));
        reader.End();
        return (node, share);
    }

    private void Policy(ConfigNode node)
    {
        var reader = new ObjectReader(node, _issues);
        var head = Head(reader);
        var policy = new PenaltyPolicy
        {
            Id = head.Id, Version = head.Version, ValidFrom = head.From, ValidTo = head.To, Replaces = head.Replaces, LegalRef = head.Legal, Origin = node.Place, Hash = reader.Hash([]),
            GraceDays = reader.Int("graceDays", 0, 3650), FirstPercent = reader.Amount("firstPercent", 0, 1000), StepPercent = reader.OptionalAmount("stepPercent", 0, 1000) ?? 0,
            StepMonths = reader.Int("stepMonths", 0, 1200, 0), StepDays = reader.Int("stepDays", 0, 36_500, 0), StepBase = reader.Choice<PenaltyBase>("stepBase", PenaltyBase.Principal),
            MaxPercent = reader.OptionalAmount("maxPercent", 0, 1_000_000), Months = reader.Choice<DateSystem>("months", DateSystem.Gregorian), Mode = reader.Choice<RoundingMode>("mode", RoundingMode.HalfAwayFromZero),
        };
        if (policy.StepMonths > 0 && policy.StepDays > 0) reader.Wrong("stepDays", "steps are counted in months or in days, not in both");
        if (policy.StepPercent.Sign > 0 != policy.StepMonths + policy.StepDays > 0) reader.Wrong("stepPercent", "a step has a percentage and a distance, stepMonths or stepDays");
        if (policy is { StepBase: PenaltyBase.Compound, MaxPercent: null, StepPercent.Sign: > 0 }) reader.Wrong("maxPercent", "a compound penalty needs a limit: without one it grows beyond every amount");
        if (reader.End()) _parts.PenaltyPolicies.Add(policy);
    }

    private void Issuer(ConfigNode node)
    {
        var reader = new ObjectReader(node, _issues);
        var number = reader.UInt64("issuer");
        var issuer = new Issuer(number, reader.Text("name"), reader.Truth("domestic", false), reader.OptionalId("receivable") ?? number.ToString(CultureInfo.InvariantCulture), node.Place);
        if (reader.End()) _parts.Issuers.Add(issuer);
    }

    private void Account(ConfigNode node)
    {
        var reader = new ObjectReader(node, _issues);
        var dates = reader.Choice<DateSystem>("dates", DateSystem.Gregorian);
        var account = new TollAccount(reader.Id("account"), reader.Choice<AccountPayment>("payment"), reader.OptionalId("plan"), reader.OptionalLocal("planFrom", dates), reader.OptionalLocal("planTo", dates),
            reader.OptionalId("exemption"), node.Place);
        if (account.Plan is null && (account.PlanFrom ?? account.PlanTo) is not null) reader.Wrong("plan", "the plan that planFrom and planTo are of is missing");
        if (account.PlanTo <= account.PlanFrom) reader.Wrong("planTo", "it does not lie after planFrom");
        if (reader.End()) _parts.Accounts.Add(account);
    }

    private void Tag(ConfigNode node)
    {
        var reader = new ObjectReader(node, _issues);
        var tag = new AccountTag(new TagId(reader.UInt64("issuer"), reader.Id("tag")), reader.OptionalId("account"), Plate(reader, "plate"), node.Place);
        if (reader.End()) _parts.Tags.Add(tag);
    }

    private void PlateOf(ConfigNode node)
    {
        var reader = new ObjectReader(node, _issues);
        reader.Text("plate");
        var plate = Plate(reader, "plate");
        var entry = new AccountPlate(plate!, reader.OptionalId("account"), reader.OptionalId("class"), node.Place);
        if (reader.End() && plate is not null) _parts.Plates.Add(entry);
    }

    private static Plate? Plate(ObjectReader reader, string name)
    {
        var country = reader.OptionalId("country");
        if (reader.OptionalText(name) is not { } text) return null;
        if (PlateGrammar.Parse(text, country) is { } plate) return plate;
        reader.Wrong(name, $"{ConfigIssues.Quote(text)} is no plate{(country is null ? "" : " of " + country)}");
        return null;
    }

    private void Exception(ConfigNode node)
    {
        var reader = new ObjectReader(node, _issues);
        var dates = reader.Choice<DateSystem>("dates", DateSystem.Gregorian);
        var kind = reader.Choice<ExceptionKind>("kind");
        var subject = reader.Text("subject");
        var entry = new ExceptionEntry(kind, Subject(reader, subject), reader.OptionalId("code"), reader.OptionalLocal("from", dates), reader.OptionalLocal("to", dates), reader.OptionalText("reason") ?? "", node.Place);
        if (entry.To <= entry.From) reader.Wrong("to", "it does not lie after from");
        if ((entry.Code is null) != (kind == ExceptionKind.Block)) reader.Wrong("code", kind == ExceptionKind.Block ? "a block has none" : $"{kind} needs the code of the exemption or plan");
        if (reader.End()) _parts.Exceptions.Add(entry);
    }

    private static string Subject(ObjectReader reader, string subject)
    {
        if (subject.StartsWith("plate:", StringComparison.Ordinal) && PlateGrammar.ParseKey(subject["plate:".Length..]) is { } plate) return "plate:" + plate.Key;
        if (subject.Split(':') is ["tag", var issuer, var tag] && ulong.TryParse(issuer, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && ObjectReader.IsId(tag)) return $"tag:{new TagId(number, tag)}";
        if (subject.Length > 0) reader.Wrong("subject", $"{ConfigIssues.Quote(subject)} is neither tag:ISSUER:NUMBER nor plate:COUNTRY:PLATE");
        return subject;
    }

    private static (string Id, int Version, DateTime From, DateTime? To, int? Replaces, string Legal) Head(ObjectReader reader)
    {
        var dates = reader.Choice<DateSystem>("dates", DateSystem.Gregorian);
        var head = (Id: reader.Id("id"), Version: reader.Int("version", 1, int.MaxValue), From: reader.Local("validFrom", dates), To: reader.OptionalLocal("validTo", dates),
            Replaces: reader.Has("replaces") ? reader.Int("replaces", 1, int.MaxValue) : (int?)null, Legal: reader.OptionalText("legalRef", 1000) ?? "");
        reader.Known("replaces");
        // For people only.
        reader.OptionalText("note", 2000);
        if (head.To <= head.From) reader.Wrong("validTo", "it does not lie after validFrom");
        if (head.Replaces >= head.Version) reader.Wrong("replaces", "a version replaces an earlier one");
        return head;
    }

    // A row of CSV says which tariff it is of; in JSON it stands in it.
    private static void EndRow(ObjectReader reader)
    {
        reader.Known("tariff");
        reader.Known("version");
        reader.End();
    }

    private static string Star(ObjectReader reader, string name)
    {
        if (reader.Has(name) && reader.OptionalText(name) == Configuration.Tariff.Any) return Configuration.Tariff.Any;
        return reader.OptionalId(name) ?? Configuration.Tariff.Any;
    }

    private List<ConfigNode> Rows(string table, string id, int version) => _rows.Remove((table, id, version), out var rows) ? rows : [];

    // The order of rows in a file is of no matter to what they say.
    private static IEnumerable<string> Texts(List<ConfigNode> rows) =>
        rows.Select(row => string.Join('\u001f', row.Members.OrderBy(member => member.Name, StringComparer.Ordinal).Select(member => $"{member.Name}={member.Value.Text}"))).Order(StringComparer.Ordinal);

    private static List<T> Each<T>(IReadOnlyList<ConfigNode> nodes, Func<ConfigNode, T> read) => [.. nodes.Select(read)];

    /// <summary>Refuses the second of two rows with one key, and names the first.</summary>
    private List<T> DistinctBy<T, TKey>(List<(ConfigNode Node, T Value)> rows, Func<(ConfigNode Node, T Value), TKey> key) where TKey : notnull
    {
        var first = new Dictionary<TKey, ConfigNode>();
        foreach (var row in rows)
        {
            if (first.TryAdd(key(row), row.Node)) continue;
            var other = first[key(row)].Place;
            _issues.Add(row.Node.Place, $"two rows for {key(row)}: the other is {other}", other);
        }
        // Records index their rows, so of two with one key only the first may reach them.
        return [.. rows.DistinctBy(key).Select(row => row.Value)];
    }
}
