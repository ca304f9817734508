using System.CommandLine;
using System.Globalization;
using System.Net.Http.Json;
using System.Text.Json;
using Microsoft.Data.Sqlite;
using SmartCity.Cloud.Identity;
using SmartCity.Cloud.Server.Access;
using SmartCity.Cloud.Server.Api;
using SmartCity.Cloud.Server.Operations;
using SmartCity.Hosting.Commands;
using SmartCity.Hosting.Operations;
using SmartCity.Model;
using SmartCity.Model.Contracts;

namespace SmartCity.Cloud.Server.Commands;

/// <summary><c>user</c>, <c>token</c> and <c>audit</c>: through the running server's socket, or on the files of one that does not run.</summary>
internal sealed class AccessCommands(IReadOnlyList<string> args, Option<string> data)
{
    private static readonly string[] _accountColumns = ["name", "roles", "areas", "disabled", "mustChoosePassword", "created", "lastSignIn"];
    private static readonly string[] _passkeyColumns = ["id", "name", "created", "lastUsed", "isBackedUp"];
    private static readonly string[] _grantColumns = ["id", "account", "name", "token", "rights", "expires", "lastUsed", "from"];

    /// <summary><c>user list|add|role|passkeys|disable|enable|reset</c>.</summary>
    public Command User()
    {
        var output = CommonOptions.Output();
        var list = new Command("list", "Lists the accounts.") { output };
        list.SetAction((result, stop) => Do(result, async server =>
        {
            var accounts = server.Files is { } files ? files.Accounts.All : await server.GetAsync<Account>("/api/v1/users", stop);
            RowWriter.Write(result.InvocationConfiguration.Output, result.GetValue(output), _accountColumns, [.. accounts.Select(account => (IReadOnlyList<object?>)
                [account.Name, string.Join(", ", account.Roles), string.Join(", ", account.Areas), account.IsDisabled, account.MustChangePassword, TimeOf(account.Created), TimeOf(account.LastSignIn)])]);
        }));

        var (added, roles, areas) = (Name(), RoleOption(), AreaOption());
        var add = new Command("add", "Adds an account and prints the secret for its one sign-in, in which its owner chooses a password.") { added, roles, areas };
        add.SetAction((result, stop) => Do(result, async server =>
        {
            var (name, wanted) = (result.GetValue(added)!, new { name = result.GetValue(added), roles = result.GetValue(roles) ?? [], areas = result.GetValue(areas) ?? [] });
            await SayAsync(result, server.Files is { } files ? files.Accounts.Add(server.Actor, name, wanted.roles, wanted.areas)
                : (await server.SendAsync(HttpMethod.Post, "/api/v1/users", wanted, stop)).GetProperty("secret").GetString()!);
        }));

        var (changed, newRoles, newAreas) = (Name(), RoleOption(), AreaOption());
        var role = new Command("role", "Gives an account other roles and areas; they hold at once.") { changed, newRoles, newAreas };
        role.SetAction((result, stop) => Do(result, async server =>
        {
            var (name, wanted) = (result.GetValue(changed)!, new { roles = result.GetValue(newRoles) ?? [], areas = result.GetValue(newAreas) ?? [] });
            if (server.Files is { } files) files.Accounts.SetRoles(server.Actor, name, wanted.roles, wanted.areas);
            else await server.SendAsync(HttpMethod.Put, $"/api/v1/users/{Uri.EscapeDataString(name)}", wanted, stop);
        }));

        var (owner, remove) = (Name(), new Option<long?>("--remove") { Description = "Number of one to remove; it signs nobody in from then on.", HelpName = "ID" });
        var passkeys = new Command("passkeys", "Lists the passkeys of an account, or removes one.") { owner, remove, output };
        passkeys.SetAction((result, stop) => Do(result, async server =>
        {
            var (name, id) = (result.GetValue(owner)!, result.GetValue(remove));
            var path = $"/api/v1/users/{Uri.EscapeDataString(name)}/passkeys";
            if (id is { } number)
            {
                if (server.Files is { } changed) changed.Passkeys.Remove(server.Actor, name, number);
                else await server.SendAsync(HttpMethod.Delete, string.Create(CultureInfo.InvariantCulture, $"{path}/{number}"), null, stop);
                return;
            }
            if (server.Files?.Accounts is { } accounts && accounts.Find(name) is null) throw new AccessException($"There is no account {name}.", AccessFault.Missing, name);
            var rows = server.Files is { } files ? files.Passkeys.List(name) : await server.GetAsync<Passkey>(path, stop);
            RowWriter.Write(result.InvocationConfiguration.Output, result.GetValue(output), _passkeyColumns, [.. rows.Select(passkey => (IReadOnlyList<object?>)
                [passkey.Id, passkey.Name, TimeOf(passkey.Created), TimeOf(passkey.LastUsed), passkey.IsBackedUp])]);
        }));

        return new Command("user", "Accounts of the people who sign in.")
        {
            list, add, role, passkeys,
            Change("disable", "Locks an account out; its sessions end.", (accounts, actor, name) => { accounts.SetDisabled(actor, name, true); return null; }),
            Change("enable", "Lets an account in again.", (accounts, actor, name) => { accounts.SetDisabled(actor, name, false); return null; }),
            Change("reset", "Prints a new secret for one sign-in; the old password, all passkeys and all sessions end.", (accounts, actor, name) => accounts.Reset(actor, name)),
        };
    }

    /// <summary><c>token list|create|revoke</c>.</summary>
    public Command Token()
    {
        var output = CommonOptions.Output();
        var list = new Command("list", "Lists sessions and tokens that hold.") { output };
        list.SetAction((result, stop) => Do(result, async server =>
        {
            var grants = server.Files is { } files ? files.Grants.List(null) : await server.GetAsync<AccessGrant>("/api/v1/sessions", stop);
            RowWriter.Write(result.InvocationConfiguration.Output, result.GetValue(output), _grantColumns, [.. grants.Select(grant => (IReadOnlyList<object?>)
                [grant.Id, grant.Account, grant.Name, grant.IsToken, string.Join(' ', Roles.Each.Where(right => grant.Rights.HasFlag(right)).Select(Roles.NameOf)), TimeOf(grant.Expires), TimeOf(grant.LastUsed), grant.From])]);
        }));

        var account = new Option<string>("--account") { Description = "Whose rights it has some of.", Required = true, HelpName = "NAME" };
        var name = new Option<string>("--name") { Description = "What it is for.", Required = true, HelpName = "TEXT" };
        var rights = new Option<string[]>("--right") { Description = $"A right; may be given more than once: {string.Join(", ", Roles.Each.Select(Roles.NameOf))}.", Required = true, HelpName = "RIGHT" };
        var days = new Option<int>("--days") { Description = "Days that it holds.", DefaultValueFactory = _ => 90, HelpName = "N" };
        var create = new Command("create", "Prints a token for a program; it is shown this once. Send it as Authorization: Bearer sc_…") { account, name, rights, days };
        create.SetAction((result, stop) => Do(result, async server =>
        {
            var owner = result.GetValue(account)!;
            var wanted = new { name = result.GetValue(name), rights = result.GetValue(rights) ?? [], days = result.GetValue(days) };
            await SayAsync(result, server.Files is { } files
                ? files.Grants.MakeToken(server.Actor, files.Accounts.Find(owner) ?? throw new AccessException($"There is no account {owner}.", AccessFault.Missing, owner), wanted.name!, AccessEndpoints.RightsOf(wanted.rights), TimeSpan.FromDays(wanted.days))
                : (await server.SendAsync(HttpMethod.Post, $"/api/v1/users/{Uri.EscapeDataString(owner)}/tokens", wanted, stop)).GetProperty("token").GetString()!);
        }));

        var id = new Argument<long>("ID") { Description = "Its number, as list shows it." };
        var revoke = new Command("revoke", "Ends a token or session at once.") { id };
        revoke.SetAction((result, stop) => Do(result, async server =>
        {
            if (server.Files is { } files) files.Grants.End(server.Actor, result.GetValue(id), null);
            else await server.SendAsync(HttpMethod.Delete, string.Create(CultureInfo.InvariantCulture, $"/api/v1/sessions/{result.GetValue(id)}"), null, stop);
        }));
        return new Command("token", "Tokens of programs, and sessions.") { list, create, revoke };
    }

    /// <summary><c>audit verify</c>.</summary>
    public Command Audit()
    {
        var verify = new Command("verify", "Follows the chain of hashes over the whole audit log. Exit 3 where a row is not as it was written.");
        verify.SetAction(async (result, stop) =>
        {
            AuditCheck? check = null;
            var exit = await Do(result, async server => check = server.Files is { } files ? files.Log.Verify() : (await server.SendAsync(HttpMethod.Get, "/api/v1/audit-log/verify", null, stop)).Deserialize<AuditCheck>(ApiJson.Answers));
            if (exit != ExitCode.Done) return exit;
            await result.InvocationConfiguration.Output.WriteLineAsync(check!.Reason is { } reason ? $"Broken at row {check.FirstBroken}: {reason}" : $"{check.Rows} rows, all as they were written.");
            return check.FirstBroken is null ? ExitCode.Done : ExitCode.Findings;
        });
        return new Command("audit", "The log of who changed what.") { verify };
    }

    private Command Change(string word, string description, Func<Accounts, Actor, string, string?> change)
    {
        var name = Name();
        var command = new Command(word, description) { name };
        command.SetAction((result, stop) => Do(result, async server =>
        {
            var secret = server.Files is { } files ? change(files.Accounts, server.Actor, result.GetValue(name)!)
                : (await server.SendAsync(HttpMethod.Post, $"/api/v1/users/{Uri.EscapeDataString(result.GetValue(name)!)}/{word}", null, stop)).TryGetProperty("secret", out var told) ? told.GetString() : null;
            if (secret is not null) await SayAsync(result, secret);
        }));
        return command;
    }

    private static Argument<string> Name() => new("NAME") { Description = "Name of the account." };
    private static Option<string[]> RoleOption() => new("--role") { Description = $"A role; may be given more than once: {string.Join(", ", Roles.All)}.", Required = true, HelpName = "ROLE" };
    private static Option<string[]> AreaOption() => new("--area") { Description = "A district or corridor it is bound to; may be given more than once. Without: the whole city.", HelpName = "AREA" };
    private static Task SayAsync(ParseResult result, string secret) => result.InvocationConfiguration.Output.WriteLineAsync(secret);
    private static string? TimeOf(long? micros) => micros is { } at ? UnixMicros.ToTime(at).ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture) : null;

    private async Task<int> Do(ParseResult result, Func<Way, Task> action)
    {
        var folder = ServerSettings.DataOf(args, result, data);
        var socket = AdminSocket.FileIn(folder);
        try
        {
            using var way = AdminSocket.Answers(socket) ? new Way(AdminSocket.Connect(socket), null) : new Way(null, Files.Open(folder));
            await action(way);
            return ExitCode.Done;
        }
        catch (AccessException error)
        {
            throw new CommandException(error.Fault is AccessFault.Missing or AccessFault.MissingGrant or AccessFault.PasskeyMissing ? ExitCode.NotFound : ExitCode.WrongUse, error.Message);
        }
        catch (Exception error) when (error is SqliteException or HttpRequestException)
        {
            throw new CommandException(error.Message, error);
        }
    }

    /// <summary>The running server, or its files.</summary>
    private sealed record Way(HttpClient? Server, Files? Files) : IDisposable
    {
        public Actor Actor { get; } = new("console", Environment.UserName);

        public async Task<IReadOnlyList<T>> GetAsync<T>(string path, CancellationToken stop)
        {
            var all = new List<T>();
            for (string? next = path; next is not null;)
            {
                var page = await SendAsync(HttpMethod.Get, next, null, stop);
                all.AddRange(page.GetProperty("items").Deserialize<IReadOnlyList<T>>(ApiJson.Answers)!);
                next = page.TryGetProperty("next", out var link) ? link.GetString() : null;
            }
            return all;
        }

        public async Task<JsonElement> SendAsync(HttpMethod method, string path, object? body, CancellationToken stop)
        {
            using var request = new HttpRequestMessage(method, new Uri(path, UriKind.Relative)) { Content = body is null ? null : JsonContent.Create(body) };
            using var answer = await Server!.SendAsync(request, stop);
            var text = await answer.Content.ReadAsStringAsync(stop);
            if (answer.IsSuccessStatusCode) return text.Length == 0 ? default : JsonSerializer.Deserialize<JsonElement>(text);
            throw new CommandException((int)answer.StatusCode switch { 404 => ExitCode.NotFound, 422 => ExitCode.WrongUse, _ => ExitCode.Failed }, AdminSocket.ReasonOf(text) ?? $"The server answers {(int)answer.StatusCode}.");
        }

        public void Dispose()
        {
            Server?.Dispose();
            Files?.Dispose();
        }
    }

    private sealed record Files(IdentityDatabase Database, AuditLog Log, AccessGrants Grants, Accounts Accounts, Passkeys Passkeys) : IDisposable
    {
        public static Files Open(string folder)
        {
            var file = Path.Combine(folder, "identity", "identity.db");
            if (!File.Exists(file)) throw new CommandException(ExitCode.NotFound, $"{folder} holds no accounts. Name the server's folder with --data, or start the server once.");
            var database = new IdentityDatabase(file);
            if (KeptOptions.Find(database) is not { } options)
            {
                database.Dispose();
                throw new CommandException(ExitCode.Failed, $"The accounts in {folder} do not say how the server hashes passwords: no server of this version has run on them. Start the server once, then ask again.");
            }
            var log = new AuditLog(database, TimeProvider.System);
            var grants = new AccessGrants(database, log, options, TimeProvider.System);
            return new Files(database, log, grants, new Accounts(database, log, grants, options, TimeProvider.System), new Passkeys(database, log, TimeProvider.System));
        }

        public void Dispose()
        {
            Accounts.Dispose();
            Database.Dispose();
        }
    }
}
