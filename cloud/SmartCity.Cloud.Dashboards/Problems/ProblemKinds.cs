namespace SmartCity.Cloud.Dashboards.Problems;

/// <summary>All kinds of problems: the one place to add one, with its words in each language.</summary>
public static class ProblemKinds
{
    /// <summary>Parameters of the address cannot be used.</summary>
    public static ProblemKind Parameters { get; } = new("parameters", 400);
    /// <summary>The body cannot be read, e.g. it is no JSON.</summary>
    public static ProblemKind Body { get; } = new("body", 400);
    /// <summary>The request is none that HTTP knows.</summary>
    public static ProblemKind Request { get; } = new("request", 400);
    /// <summary>A live link must be a WebSocket.</summary>
    public static ProblemKind WebSocket { get; } = new("websocket", 400);
    /// <summary>A batch of an import cannot be taken.</summary>
    public static ProblemKind Import { get; } = new("import", 400);
    /// <summary>A signing request breaks a rule.</summary>
    public static ProblemKind SigningRequest { get; } = new("signing-request", 400);
    /// <summary>Nobody is signed in and no token was sent.</summary>
    public static ProblemKind SignIn { get; } = new("sign-in", 401);
    /// <summary>Name or password is not right.</summary>
    public static ProblemKind Credentials { get; } = new("credentials", 401);
    /// <summary>A passkey does not prove what it must.</summary>
    public static ProblemKind Passkey { get; } = new("passkey", 401);
    /// <summary>No account has this passkey.</summary>
    public static ProblemKind PasskeyUnknown { get; } = new("passkey-unknown", 401);
    /// <summary>The question that a passkey answers is over.</summary>
    public static ProblemKind PasskeyExpired { get; } = new("passkey-expired", 401);
    /// <summary>A passkey was used at another address than the city's.</summary>
    public static ProblemKind PasskeyOrigin { get; } = new("passkey-origin", 401);
    /// <summary>A passkey's counter has not grown.</summary>
    public static ProblemKind PasskeyCounter { get; } = new("passkey-counter", 401);
    /// <summary>The caller has not the right.</summary>
    public static ProblemKind Right { get; } = new("right", 403);
    /// <summary>It lies outside of the caller's areas.</summary>
    public static ProblemKind Area { get; } = new("area", 403);
    /// <summary>A password must be chosen first.</summary>
    public static ProblemKind Password { get; } = new("password", 403);
    /// <summary>Only a person does this, not a token.</summary>
    public static ProblemKind Person { get; } = new("person", 403);
    /// <summary>How one signs in is changed shortly after signing in.</summary>
    public static ProblemKind SignInOld { get; } = new("sign-in-old", 403);
    /// <summary>Another site sent the request.</summary>
    public static ProblemKind CrossSite { get; } = new("cross-site", 403);
    /// <summary>An enrolment code or claim secret is not good.</summary>
    public static ProblemKind Enrolment { get; } = new("enrolment", 403);
    /// <summary>Only a gateway does this, by its certificate; or its certificate does not serve for this.</summary>
    public static ProblemKind GatewayCertificate { get; } = new("gateway-certificate", 403);
    /// <summary>There is no such thing.</summary>
    public static ProblemKind Missing { get; } = new("missing", 404);
    /// <summary>There is no such address.</summary>
    public static ProblemKind Address { get; } = new("address", 404);
    /// <summary>The address knows other methods.</summary>
    public static ProblemKind Method { get; } = new("method", 405);
    /// <summary>None of the media types accepted can be had.</summary>
    public static ProblemKind NotAcceptable { get; } = new("not-acceptable", 406);
    /// <summary>The body did not come in time.</summary>
    public static ProblemKind Slow { get; } = new("slow", 408);
    /// <summary>The passkey is kept already.</summary>
    public static ProblemKind PasskeyKnown { get; } = new("passkey-known", 409);
    /// <summary>It has been changed meanwhile.</summary>
    public static ProblemKind Version { get; } = new("version", 412);
    /// <summary>The body is too large.</summary>
    public static ProblemKind TooLarge { get; } = new("too-large", 413);
    /// <summary>The body is of a media type that the address does not read.</summary>
    public static ProblemKind MediaType { get; } = new("media-type", 415);
    /// <summary>More is asked than one answer holds.</summary>
    public static ProblemKind TooMuch { get; } = new("too-much", 422);
    /// <summary>Something about accounts cannot be done.</summary>
    public static ProblemKind Access { get; } = new("access", 422);
    /// <summary>The registry cannot take it.</summary>
    public static ProblemKind Registry { get; } = new("registry", 422);
    /// <summary>A command cannot be given to a device.</summary>
    public static ProblemKind Command { get; } = new("command", 422);
    /// <summary>A gateway or the authority cannot do it.</summary>
    public static ProblemKind Fleet { get; } = new("fleet", 422);
    /// <summary>A gateway's configuration cannot be as it is written.</summary>
    public static ProblemKind Twin { get; } = new("twin", 422);
    /// <summary>The toll road's books cannot do it.</summary>
    public static ProblemKind Toll { get; } = new("toll", 422);
    /// <summary>Rules of alarms cannot be as they are written.</summary>
    public static ProblemKind AlarmRules { get; } = new("alarm-rules", 422);
    /// <summary>An order about alarms lacks something.</summary>
    public static ProblemKind AlarmOrder { get; } = new("alarm-order", 422);
    /// <summary>A change must name the version that it replaces.</summary>
    public static ProblemKind VersionNeeded { get; } = new("version-needed", 428);
    /// <summary>Too many attempts.</summary>
    public static ProblemKind Throttled { get; } = new("throttled", 429);
    /// <summary>The server failed.</summary>
    public static ProblemKind Internal { get; } = new("internal", 500);
    /// <summary>A store does not answer for now.</summary>
    public static ProblemKind Unavailable { get; } = new("unavailable", 503);
    /// <summary>Too many at once.</summary>
    public static ProblemKind Busy { get; } = new("busy", 503);
    /// <summary>The audit log cannot be written, so nothing can be changed.</summary>
    public static ProblemKind Audit { get; } = new("audit", 503);

    /// <summary>All of them, by status.</summary>
    public static IReadOnlyList<ProblemKind> All { get; } =
    [
        Parameters, Body, Request, WebSocket, Import, SigningRequest, SignIn, Credentials, Passkey, PasskeyUnknown, PasskeyExpired, PasskeyOrigin, PasskeyCounter, Right, Area, Password, Person, SignInOld, CrossSite, Enrolment, GatewayCertificate, Missing, Address, Method, NotAcceptable, Slow, PasskeyKnown, Version, TooLarge, MediaType,
        TooMuch, Access, Registry, Command, Fleet, Twin, Toll, AlarmRules, AlarmOrder, VersionNeeded, Throttled, Internal, Unavailable, Busy, Audit,
    ];

    /// <summary>The kind of a code, or null.</summary>
    public static ProblemKind? Find(string code) => All.FirstOrDefault(kind => kind.Code == code);

    /// <summary>The kind that says a status of which nothing more is known.</summary>
    /// <param name="status">HTTP status, 400–599.</param>
    public static ProblemKind OfStatus(int status) => status switch
    {
        401 => SignIn,
        403 => Right,
        404 => Address,
        405 => Method,
        406 => NotAcceptable,
        408 => Slow,
        412 => Version,
        413 => TooLarge,
        415 => MediaType,
        422 => TooMuch,
        428 => VersionNeeded,
        429 => Throttled,
        503 => Unavailable,
        >= 500 => Internal,
        _ => Request,
    };
}
