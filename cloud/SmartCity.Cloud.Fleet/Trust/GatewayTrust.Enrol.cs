using Microsoft.Data.Sqlite;
using SmartCity.Cloud.Fleet.Authority;
using SmartCity.Cloud.Fleet.Enrolment;
using SmartCity.Model;

namespace SmartCity.Cloud.Fleet.Trust;

/// <summary>Secrets, enrolment and renewal. One at a time: of many uses of a secret at once the first one counts.</summary>
public sealed partial class GatewayTrust
{
    /// <summary>How long a box that an installer vouched for may take to enrol.</summary>
    public static readonly TimeSpan VouchedFor = TimeSpan.FromHours(24);

    /// <summary>Keeps a new secret of a gateway; an older open one of its kind holds no longer.</summary>
    /// <param name="gateway">Gateway id.</param>
    /// <param name="kind">Which of both.</param>
    /// <param name="hash">Keyed hash of the secret.</param>
    /// <param name="maker">Who made it.</param>
    /// <param name="validFor">How long it holds; null = without end.</param>
    /// <param name="record">Writes it down before it is done.</param>
    public void AddSecret(string gateway, SecretKind kind, byte[] hash, string maker, TimeSpan? validFor, Action record)
    {
        ArgumentNullException.ThrowIfNull(record);
        lock (_gate)
        {
            record();
            using var transaction = _database.Begin();
            var now = UnixMicros.Now(_clock);
            _database.Run(transaction, "UPDATE secret SET withdrawn = $now WHERE gateway = $gateway AND kind = $kind AND used IS NULL AND withdrawn IS NULL", ("$now", now), ("$gateway", gateway), ("$kind", NameOf(kind)));
            // What is over is of no more use than its rows in the audit log.
            _database.Run(transaction, "DELETE FROM secret WHERE kind = 'code' AND expires < $long", ("$long", now - (long)TimeSpan.FromDays(30).TotalMicroseconds));
            _database.Run(transaction, "INSERT INTO secret(hash, gateway, kind, made, maker, expires) VALUES($hash, $gateway, $kind, $now, $maker, $expires)",
                ("$hash", hash), ("$gateway", gateway), ("$kind", NameOf(kind)), ("$now", now), ("$maker", maker), ("$expires", validFor is { } span ? now + (long)span.TotalMicroseconds : null));
            transaction.Commit();
        }
    }

    /// <summary>Somebody who stands before the box vouches for it: for a day it may enrol with its claim secret.</summary>
    /// <param name="gateway">Gateway id.</param>
    /// <param name="hash">Keyed hash of its claim secret.</param>
    /// <param name="voucher">Who vouches.</param>
    /// <param name="record">Writes it down before it is done.</param>
    public VouchOutcome Vouch(string gateway, byte[] hash, string voucher, Action record)
    {
        ArgumentNullException.ThrowIfNull(record);
        lock (_gate)
        {
            var now = UnixMicros.Now(_clock);
            if (SecretOf(null, hash) is not { IsClaim: true, Withdrawn: false } secret || secret.Gateway != gateway) return VouchOutcome.Unknown;
            if (secret.Used is not null) return VouchOutcome.Used;
            if (secret.Vouched is { } at && IsOpen(at, now) && secret.Voucher != voucher) return VouchOutcome.ByAnother;
            record();
            _database.Run(null, "UPDATE secret SET vouched = $now, voucher = $voucher WHERE hash = $hash", ("$now", now), ("$voucher", voucher), ("$hash", hash));
            return VouchOutcome.Done;
        }
    }

    /// <summary>Takes back that somebody vouched for a box which has not enrolled yet.</summary>
    /// <returns>Whether there was something to take back.</returns>
    public bool TakeBack(string gateway, Action record)
    {
        ArgumentNullException.ThrowIfNull(record);
        lock (_gate)
        {
            if (Standings(gateway) is not [{ Claim: { Vouched: not null, Used: null } }]) return false;
            record();
            return _database.Run(null, "UPDATE secret SET vouched = NULL, voucher = NULL WHERE gateway = $gateway AND kind = 'claim' AND used IS NULL", ("$gateway", gateway)) > 0;
        }
    }

    /// <summary>Enrols a gateway by a secret, or again by its key alone.</summary>
    /// <param name="secretHash">Keyed hash of the secret; null where the key alone is to be known.</param>
    /// <param name="request">What it asks to be signed.</param>
    /// <param name="issue">Issues a certificate for a gateway id.</param>
    /// <param name="stands">Whether a chain issued before, PEM, is still of an authority that is trusted.</param>
    /// <param name="record">Writes down what is about to be done, with the gateway's id; where that fails, nothing is.</param>
    /// <exception cref="EnrolmentRefusedException">Secret or key is not good, without a word which and why.</exception>
    /// <exception cref="SigningRequestException">The request breaks a rule; the secret is not spent.</exception>
    public Enrolled Enrol(byte[]? secretHash, SigningRequest request, Func<string, IssuedCertificate> issue, Func<string, bool> stands, Action<EnrolmentAct> record)
    {
        ArgumentNullException.ThrowIfNull(request);
        ArgumentNullException.ThrowIfNull(issue);
        ArgumentNullException.ThrowIfNull(stands);
        ArgumentNullException.ThrowIfNull(record);
        Enrolled enrolled;
        bool ended;
        lock (_gate)
        {
            var now = UnixMicros.Now(_clock);
            var keyHash = request.KeyHash;
            var (hex, secret) = (Convert.ToHexString(keyHash), secretHash is null ? null : SecretOf(null, secretHash));
            if (secretHash is not null && !IsGood(secret, now)) throw new EnrolmentRefusedException(isGuess: secret is null);
            if (secretHash is null && OwnerOf(keyHash) is null) throw new EnrolmentRefusedException();
            var gateway = secret?.Gateway ?? OwnerOf(keyHash)!;
            request.MustName(gateway);
            if (_keys.TryGetValue(hex, out var key))
            {
                if (key.Gateway != gateway) throw new SigningRequestException(SigningRequestFault.KeyUsed, "the key is that of another gateway already. Each gateway makes its own: smartcity-gateway enrol --new-key");
                if (key.Ended is not null) throw new SigningRequestException(SigningRequestFault.KeyEnded, $"the key holds no longer ({key.Ended}). Make a new one: smartcity-gateway enrol --new-key");
            }
            // A lost answer is asked for again: the certificate of before is given, not one more.
            if (secretHash is null && Current(keyHash, now) is { } current && stands(current.ChainPem)) return new Enrolled(gateway, current, IsNew: false);
            record(new EnrolmentAct(gateway, secret is null ? "key" : secret.IsClaim ? "claim" : "code", secret?.Voucher ?? secret?.Maker, hex));
            var issued = issue(gateway);
            using var transaction = _database.Begin();
            if (secret is not null)
            {
                _database.Run(transaction, "UPDATE secret SET used = $now, used_by = $key WHERE hash = $hash", ("$now", now), ("$key", keyHash), ("$hash", secretHash));
                EndKeys(transaction, gateway, keyHash, now, "replaced by another");
                _database.Run(transaction, "INSERT INTO gateway VALUES($id, NULL, NULL) ON CONFLICT(id) DO UPDATE SET revoked = NULL, reason = NULL", ("$id", gateway));
                _database.Run(transaction, "INSERT INTO gateway_key(hash, gateway, since) VALUES($key, $id, $now) ON CONFLICT(hash) DO NOTHING", ("$key", keyHash), ("$id", gateway), ("$now", now));
            }
            Keep(transaction, gateway, keyHash, issued, secret is null ? "key" : secret.IsClaim ? "claim" : "code", now);
            transaction.Commit();
            ended = secret is not null && EndKeysInMemory(gateway, hex, "replaced by another");
            if (secret is not null) _revoked.TryRemove(gateway, out _);
            _keys[hex] = new KeyStanding(gateway, null);
            enrolled = new Enrolled(gateway, issued, IsNew: true);
        }
        if (ended) Ended?.Invoke(enrolled.Gateway);
        return enrolled;
    }

    /// <summary>Issues the next certificate to a gateway that has shown its present or an ended one.</summary>
    /// <param name="gateway">Gateway id in the certificate that was shown.</param>
    /// <param name="shownKeyHash">SHA-256 of the public key in it.</param>
    /// <param name="request">What it asks to be signed: the same key.</param>
    /// <param name="issue">Issues a certificate for a gateway id.</param>
    /// <param name="stands">Whether a chain issued before, PEM, is still of an authority that is trusted.</param>
    /// <param name="record">Writes down what is about to be done.</param>
    /// <exception cref="EnrolmentRefusedException">The key is not known, or holds no longer.</exception>
    /// <exception cref="SigningRequestException">The request breaks a rule.</exception>
    public Enrolled Renew(string gateway, byte[] shownKeyHash, SigningRequest request, Func<string, IssuedCertificate> issue, Func<string, bool> stands, Action<EnrolmentAct> record)
    {
        ArgumentNullException.ThrowIfNull(request);
        ArgumentNullException.ThrowIfNull(issue);
        ArgumentNullException.ThrowIfNull(stands);
        ArgumentNullException.ThrowIfNull(record);
        lock (_gate)
        {
            var (now, keyHash) = (UnixMicros.Now(_clock), request.KeyHash);
            if (OwnerOf(shownKeyHash) != gateway) throw new EnrolmentRefusedException();
            request.MustName(gateway);
            if (!keyHash.AsSpan().SequenceEqual(shownKeyHash)) throw new SigningRequestException(SigningRequestFault.KeyDiffers, "a renewal is for the key of the certificate that was shown. For another key enrol with a code.");
            if (Current(keyHash, now) is { } current && stands(current.ChainPem)) return new Enrolled(gateway, current, IsNew: false);
            record(new EnrolmentAct(gateway, "renewal", null, Convert.ToHexString(keyHash)));
            var issued = issue(gateway);
            using var transaction = _database.Begin();
            Keep(transaction, gateway, keyHash, issued, "renewal", now);
            // Of a gateway's renewals the last year is kept; the audit log has them all.
            _database.Run(transaction, "DELETE FROM certificate WHERE gateway = $id AND ends < $long", ("$id", gateway), ("$long", now - (long)TimeSpan.FromDays(400).TotalMicroseconds));
            transaction.Commit();
            return new Enrolled(gateway, issued, IsNew: true);
        }
    }

    /// <summary>Certificates that were issued to a gateway, the newest first.</summary>
    public IReadOnlyList<CertificateRecord> Certificates(string gateway, int limit)
    {
        lock (_gate)
            return _database.Rows(null, "SELECT serial, issued, ends, how, key FROM certificate WHERE gateway = $id ORDER BY issued DESC, serial LIMIT $limit",
                row => new CertificateRecord(row.GetString(0), row.GetInt64(1), row.GetInt64(2), row.GetString(3), Convert.ToHexStringLower(row.GetFieldValue<byte[]>(4))), ("$id", gateway), ("$limit", limit));
    }

    private void Keep(SqliteTransaction transaction, string gateway, byte[] keyHash, IssuedCertificate issued, string how, long now) =>
        _database.Run(transaction, "INSERT INTO certificate VALUES($serial, $gateway, $key, $now, $ends, $how, $chain)",
            ("$serial", issued.Serial), ("$gateway", gateway), ("$key", keyHash), ("$now", now), ("$ends", UnixMicros.From(issued.NotAfter)), ("$how", how), ("$chain", issued.ChainPem));

    /// <summary>A certificate of a key with more than half of its life before it.</summary>
    private IssuedCertificate? Current(byte[] keyHash, long now) => _database.Rows(null, "SELECT serial, issued, ends, chain FROM certificate WHERE key = $key ORDER BY issued DESC, serial LIMIT 1",
        row => (Serial: row.GetString(0), Issued: row.GetInt64(1), Ends: row.GetInt64(2), Chain: row.GetString(3)), ("$key", keyHash)) is [var last] && now >= last.Issued && last.Ends - now > (last.Ends - last.Issued) / 2
            ? new IssuedCertificate(last.Serial, UnixMicros.ToTime(last.Issued) - CertificateAuthority.Backdate, UnixMicros.ToTime(last.Ends), last.Chain) : null;

    private SecretRow? SecretOf(SqliteTransaction? transaction, byte[] hash) => _database.Rows(transaction, "SELECT gateway, kind, maker, expires, vouched, voucher, used, withdrawn FROM secret WHERE hash = $hash",
        row => new SecretRow(row.GetString(0), row.GetString(1) == "claim", row.GetString(2), Number(row, 3), Number(row, 4), Text(row, 5), Number(row, 6), !row.IsDBNull(7)), ("$hash", hash)) is [var secret] ? secret : null;

    private static bool IsGood(SecretRow? secret, long now) => secret is { Used: null, Withdrawn: false } && (secret.IsClaim ? secret.Vouched is { } at && IsOpen(at, now) : now < secret.Expires);

    private static bool IsOpen(long vouched, long now) => now - vouched < (long)VouchedFor.TotalMicroseconds;

    private static string NameOf(SecretKind kind) => kind == SecretKind.Claim ? "claim" : "code";

    private sealed record SecretRow(string Gateway, bool IsClaim, string Maker, long? Expires, long? Vouched, string? Voucher, long? Used, bool Withdrawn);
}
