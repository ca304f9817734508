namespace SmartCity.Hosting.Configuration;

/// <summary>The setting's value is never shown. Names that end in Password, Secret, Token or ApiKey need no mark.</summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class SecretAttribute : Attribute;
