@rem The scripts of package.json begin with exec, which a shell of Unix replaces itself by; here it is only called.
@%*
