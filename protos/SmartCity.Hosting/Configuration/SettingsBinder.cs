using System.Collections;
using System.ComponentModel.DataAnnotations;
using System.Globalization;
using System.Reflection;
using System.Runtime.CompilerServices;

namespace SmartCity.Hosting.Configuration;

/// <summary>Makes option records from flat keys, and says of each key that none of them takes so.</summary>
internal sealed class SettingsBinder(IReadOnlyDictionary<string, Setting> settings, List<SettingsError> errors)
{
    private readonly HashSet<string> _taken = new(StringComparer.OrdinalIgnoreCase);
    private readonly HashSet<string> _known = new(StringComparer.OrdinalIgnoreCase);
    private readonly HashSet<string> _atFault = new(StringComparer.OrdinalIgnoreCase);
    private readonly List<(string Key, int Port)> _ports = [];

    /// <summary>Every value after binding, defaults among them; secrets are masked.</summary>
    public List<Setting> Shown { get; } = [];

    public object Bind(Type type, string section) => BindRecord(type, section, null);

    private object BindRecord(Type type, string path, object? from)
    {
        var record = from ?? (type.GetConstructor(Type.EmptyTypes) is not null ? Activator.CreateInstance(type)! : Construct(type, path));
        var properties = type.GetProperties(BindingFlags.Public | BindingFlags.Instance).Where(property => property.CanWrite && property.GetIndexParameters().Length == 0).ToArray();
        foreach (var property in properties) BindProperty(record, property, $"{path}:{property.Name}");
        Validate(record, path);
        return record;
    }

    /// <summary>Makes a record whose members are its constructor's parameters.</summary>
    private object Construct(Type type, string path)
    {
        var constructor = type.GetConstructors().Where(one => !one.GetParameters().Any(parameter => parameter.ParameterType == type)).MaxBy(one => one.GetParameters().Length)
            ?? throw new InvalidOperationException($"{type} has no public constructor, so it cannot be an options record.");
        var values = constructor.GetParameters().Select(parameter =>
        {
            var key = $"{path}:{parameter.Name}";
            if (!parameter.HasDefaultValue && !Has(key)) Fail(key, "is missing.");
            if (parameter.HasDefaultValue) return parameter.DefaultValue;
            return parameter.ParameterType == typeof(string) ? "" : parameter.ParameterType.IsValueType ? Activator.CreateInstance(parameter.ParameterType) : null;
        });
        return constructor.Invoke([.. values]);
    }

    private void BindProperty(object record, PropertyInfo property, string key)
    {
        var type = property.PropertyType;
        if (SettingText.IsScalar(type)) BindScalar(record, property, key);
        else if (ElementOf(type) is { } element) BindMany(record, property, key, element);
        else
        {
            RefuseValue(key, "a section { … } is needed, not a single value");
            var held = property.GetValue(record);
            if (held is null && !Has(key) && !IsRequired(property)) Learn(type, key, 0);
            else property.SetValue(record, BindRecord(type, key, held));
        }
    }

    private void BindScalar(object record, PropertyInfo property, string key)
    {
        _known.Add(key);
        foreach (var below in Below(key)) Fail(below, "a single value is needed here, not a section or a list.", take: true);
        if (settings.TryGetValue(key, out var setting))
        {
            _taken.Add(key);
            if (setting.Value is null)
            {
                if (CanBeNull(property)) property.SetValue(record, null);
                else Fail(key, "null is no value for it; leave the key out for the default.");
            }
            else if (SettingText.TryRead(setting.Value, property.PropertyType, property.Name, out var value) is { } needed)
                Fail(key, $"\"{Mask(property, setting.Value)}\" cannot be used: {needed}.");
            else property.SetValue(record, value);
        }
        else if (IsRequired(property) && property.GetValue(record) is null or "") Fail(key, "is missing.");
        CheckFile(property, property.GetValue(record) as string, key);
        CheckPort(property, property.GetValue(record), key);
        Show(property, key, property.GetValue(record));
    }

    private void BindMany(object record, PropertyInfo property, string key, Type element)
    {
        _known.Add(key);
        if (settings.TryGetValue(key, out var whole) && string.IsNullOrEmpty(whole.Value)) _taken.Add(key);
        else RefuseValue(key, "a list or section is needed, not a single value");
        Learn(element, $"{key}:*", 1);
        var names = Below(key).Select(below => below[(key.Length + 1)..].Split(':')[0]).Distinct(StringComparer.OrdinalIgnoreCase).ToArray();
        if (names.Length == 0)
        {
            foreach (var (name, value) in Items(property.GetValue(record))) Show(property, $"{key}:{name}", value);
            return;
        }
        var isMap = IsMap(property.PropertyType);
        var items = new List<(string Name, object Value)>();
        foreach (var name in isMap ? names : [.. names.OrderBy(name => int.TryParse(name, NumberStyles.None, CultureInfo.InvariantCulture, out var index) ? index : int.MaxValue)])
        {
            var item = $"{key}:{name}";
            if (!isMap && !int.TryParse(name, NumberStyles.None, CultureInfo.InvariantCulture, out _)) Fail(Below(item).Prepend(item).First(settings.ContainsKey), "a list's elements are numbered from 0.", take: true);
            else if (!SettingText.IsScalar(element)) items.Add((name, BindRecord(element, item, null)));
            else if (settings.TryGetValue(item, out var setting))
            {
                _taken.Add(item);
                if (SettingText.TryRead(setting.Value ?? "", element, property.Name, out var value) is { } needed) Fail(item, $"\"{Mask(property, setting.Value)}\" cannot be used: {needed}.");
                else items.Add((name, value!));
                Show(property, item, setting.Value);
            }
        }
        property.SetValue(record, isMap ? MapOf(element, items) : ListOf(property.PropertyType, element, items));
    }

    private void Validate(object record, string path)
    {
        var results = new List<ValidationResult>();
        var context = new ValidationContext(record);
        // The framework asks a record's own rule only when all its attributes hold; here every error is told at once.
        if (!Validator.TryValidateObject(record, context, results, validateAllProperties: true) && record is IValidatableObject own)
            results.AddRange(own.Validate(context).Where(more => !results.Any(known => known.ErrorMessage == more.ErrorMessage)));
        foreach (var result in results)
        {
            var member = result.MemberNames.FirstOrDefault();
            var key = member is null ? path : $"{path}:{member}";
            if (!_atFault.Contains(key)) Fail(key, result.ErrorMessage ?? "is not valid.");
        }
    }

    private void CheckFile(PropertyInfo property, string? file, string key)
    {
        if (property.GetCustomAttribute<ExistingFileAttribute>() is not { } rule || string.IsNullOrEmpty(file)) return;
        if (Directory.Exists(file)) Fail(key, $"{Path.GetFullPath(file)} is a folder; a file is needed.");
        else if (!File.Exists(file)) Fail(key, $"there is no file {Path.GetFullPath(file)}.");
        else if (rule.Private && !OperatingSystem.IsWindows() && (File.GetUnixFileMode(file) & (UnixFileMode.GroupRead | UnixFileMode.OtherRead | UnixFileMode.GroupWrite | UnixFileMode.OtherWrite)) is not 0)
            Fail(key, $"{Path.GetFullPath(file)} can be read by others; run: chmod 600 {file}");
        else
        {
            try
            {
                using var opened = File.OpenRead(file);
            }
            catch (Exception error) when (error is IOException or UnauthorizedAccessException)
            {
                Fail(key, $"{Path.GetFullPath(file)} cannot be read: {error.Message}");
            }
        }
    }

    /// <summary>A whole number named Port is one that this process listens on; a port elsewhere stands in an address.</summary>
    private void CheckPort(PropertyInfo property, object? value, string key)
    {
        if (!property.Name.EndsWith("Port", StringComparison.Ordinal) || value is not int port || _atFault.Contains(key)) return;
        if (port is < 0 or > 65535) Fail(key, $"{port} is no port: 0 (any free one) to 65535 is needed.");
        else if (port != 0)
        {
            var first = _ports.FirstOrDefault(one => one.Port == port);
            if (string.Equals(first.Key, key, StringComparison.OrdinalIgnoreCase)) return;
            if (first.Key is null) _ports.Add((key, port));
            else Fail(key, $"port {port} is taken by {first.Key} already; each needs its own, or 0 for any free one.");
        }
    }

    /// <summary>Errors for the keys that nothing took. Sections of the house's other processes and the framework's logging are left alone.</summary>
    public void RefuseUnknown(IReadOnlySet<string> foreign)
    {
        foreach (var setting in settings.Values)
        {
            if (_taken.Contains(setting.Key) || foreign.Contains(setting.Key.Split(':')[0])) continue;
            errors.Add(new SettingsError(setting.Where, setting.Key, $"is not known.{NearestName.Hint(setting.Key, _known.Where(name => !name.Contains('*', StringComparison.Ordinal)))}"));
        }
    }

    /// <summary>Learns the keys of a part that is absent, so that they can be suggested.</summary>
    private void Learn(Type type, string path, int depth)
    {
        if (SettingText.IsScalar(type) || depth > 4) return;
        foreach (var property in type.GetProperties(BindingFlags.Public | BindingFlags.Instance).Where(property => property.CanWrite))
        {
            _known.Add($"{path}:{property.Name}");
            if (ElementOf(property.PropertyType) is null) Learn(property.PropertyType, $"{path}:{property.Name}", depth + 1);
        }
    }

    private void RefuseValue(string key, string needed)
    {
        if (settings.TryGetValue(key, out var setting) && !string.IsNullOrEmpty(setting.Value)) Fail(key, $"{needed}.", take: true);
    }

    private void Fail(string key, string message, bool take = false)
    {
        if (take) _taken.Add(key);
        _atFault.Add(key);
        // What is wrong with a whole list or section is said where its first value stands.
        var place = settings.TryGetValue(key, out var setting) ? setting : Below(key).Select(below => settings[below]).FirstOrDefault();
        errors.Add(new SettingsError(place?.Where ?? "default", key, message));
    }

    private void Show(PropertyInfo property, string key, object? value) =>
        Shown.Add(new Setting(key, Mask(property, TextOf(value)), settings.TryGetValue(key, out var setting) ? setting.Where : "default"));

    private static string? TextOf(object? value) => value switch
    {
        null => null,
        bool flag => flag ? "true" : "false",
        Enum choice => SettingText.KebabOf(choice.ToString()),
        IFormattable number => number.ToString(null, CultureInfo.InvariantCulture),
        _ => value.ToString(),
    };

    private static string? Mask(PropertyInfo property, string? value)
    {
        if (string.IsNullOrEmpty(value)) return value;
        if (property.IsDefined(typeof(SecretAttribute)) || _secretNames.Any(name => property.Name.EndsWith(name, StringComparison.OrdinalIgnoreCase))) return "***";
        // A password may stand in an address.
        return value.Contains('@', StringComparison.Ordinal) && Uri.TryCreate(value, UriKind.Absolute, out var uri) && uri.UserInfo.Length > 0
            ? value.Replace(uri.UserInfo + "@", "***@", StringComparison.Ordinal) : value;
    }

    private static readonly string[] _secretNames = ["Password", "Secret", "Token", "ApiKey"];

    private IEnumerable<string> Below(string key) => settings.Keys.Where(name => name.StartsWith(key + ":", StringComparison.OrdinalIgnoreCase));

    private bool Has(string key) => settings.ContainsKey(key) || Below(key).Any();

    private static bool IsRequired(PropertyInfo property) => property.IsDefined(typeof(RequiredMemberAttribute)) || property.IsDefined(typeof(RequiredAttribute));

    private static bool CanBeNull(PropertyInfo property) =>
        Nullable.GetUnderlyingType(property.PropertyType) is not null || new NullabilityInfoContext().Create(property).WriteState == NullabilityState.Nullable;

    private static bool IsMap(Type type) => type.IsGenericType && type.GetGenericArguments() is [var name, _] && name == typeof(string);

    private static Type? ElementOf(Type type) =>
        type == typeof(string) ? null
        : type.IsArray ? type.GetElementType()
        : IsMap(type) ? type.GetGenericArguments()[1]
        : type.IsGenericType && typeof(IEnumerable).IsAssignableFrom(type) ? type.GetGenericArguments()[0]
        : null;

    private static IEnumerable<(string Name, object? Value)> Items(object? many) => many switch
    {
        null => [],
        IDictionary map => map.Keys.Cast<object>().Select(name => (name.ToString()!, map[name])).Where(item => item.Item2 is null || SettingText.IsScalar(item.Item2.GetType())),
        IEnumerable list => list.Cast<object?>().Select((value, i) => (i.ToString(CultureInfo.InvariantCulture), value)).Where(item => item.value is null || SettingText.IsScalar(item.value.GetType())),
        _ => [],
    };

    private static object MapOf(Type element, List<(string Name, object Value)> items)
    {
        var map = (IDictionary)Activator.CreateInstance(typeof(Dictionary<,>).MakeGenericType(typeof(string), element))!;
        foreach (var (name, value) in items) map[name] = value;
        return map;
    }

    private static object ListOf(Type type, Type element, List<(string Name, object Value)> items)
    {
        var array = Array.CreateInstance(element, items.Count);
        for (var i = 0; i < items.Count; i++) array.SetValue(items[i].Value, i);
        if (type.IsArray || type.IsInterface) return array;
        return Activator.CreateInstance(type, array)!;
    }
}
